import { expect, test } from "vitest";
import { docker, logsOf, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { type RunningProxy, serversOf } from "../harness/proxy.ts";
import { remove } from "../harness/servers.ts";
import { createStage, kill, servedBy } from "./stage.ts";
import { everyKind } from "./traffic.ts";
import { noSafeLost } from "./verdict.ts";

/* What happens while no controller is there to hear of it. */

const reads = { ...everyKind, kept: 32, methods: "GET" } as const;

/*
 * A request that finds one of them is tried again, and may find the other, and so on until HAProxy's own checks have seen it.
 * Seen to fail with `retries 3` in templates/partials/defaults.cfg.eta: one to five requests of 1,500.
 */
test("promise 9: two of six are killed at once", async () => {
	await using stage = await createStage("unwatched");
	const apps = await Promise.all(Array.from({ length: 6 }, async () => stage.join("graceful")));
	const killed = apps.slice(0, 2);
	await endController(stage.proxy);
	const verdict = await stage.load(
		"two of six killed",
		async () => {
			await Promise.all(killed.map(kill));
			await eventually(async () => {
				const served = await servedBy(stage.proxy, "nodes");
				expect(killed.filter((one) => served.includes(one))).toEqual([]);
			});
		},
		reads,
	);

	expect(verdict).toMatchObject(noSafeLost);
});

/* Seen to fail where the controller, once it knows, cuts what is on its way to the old address: 24 to 30 requests. */
test("promise 9: one of three is restarted, and has another address then", async () => {
	await using stage = await createStage("elsewhere");
	// Docker gives the lowest address that is free: this one's, later on.
	const guest = await stage.sandbox.run("guest", images.base, "sleep", "1000");
	const restarted = await stage.join("exits at once");
	await Promise.all([stage.join("graceful"), stage.join("graceful")]);
	await remove(guest);
	const before = await addressOf(restarted);
	const verdict = await stage.load(
		"one of three elsewhere",
		async () => {
			await endController(stage.proxy);
			await docker("restart", restarted);
			expect(await addressOf(restarted)).not.toBe(before);
			await startController(stage.proxy);
			await isServedWhereItIs(stage.proxy, restarted);
		},
		reads,
	);

	expect(await logsOf(stage.proxy.name), "it was still served").toMatch(
		/exits-at-once.* is going DOWN for maintenance/,
	);
	expect(verdict).toMatchObject(noSafeLost);
});

/* One goes at once, with what is on its way to it, so that somebody is served. Requests are lost meanwhile: all have gone. */
test("two of two are restarted, and have other addresses then: both are served there", async () => {
	await using stage = await createStage("elsewhere");
	const run = async (name: string) => stage.sandbox.run(name, images.base, "sleep", "1000");
	const guests = await Promise.all([run("guest"), run("other-guest")]);
	const apps = await Promise.all([stage.join("exits at once"), stage.join("exits at once")]);
	await remove(...guests);
	const addresses = async () => await Promise.all(apps.map(addressOf));
	const before = await addresses();

	await stage.load(
		"two of two elsewhere",
		async () => {
			await endController(stage.proxy);
			for (const app of apps) await docker("restart", app);
			expect(before).not.toContain((await addresses())[0]);
			await startController(stage.proxy);
			await Promise.all(apps.map(async (app) => isServedWhereItIs(stage.proxy, app)));
		},
		reads,
	);

	expect(await stage.load("after that", async () => undefined, reads)).toMatchObject(noSafeLost);
});

async function endController({ name }: RunningProxy): Promise<void> {
	await sh(name, "s6-svc -wD -T 60000 -d /run/service/controller");
}

async function startController({ name }: RunningProxy): Promise<void> {
	await sh(name, "s6-svc -u /run/service/controller");
}

async function isServedWhereItIs(proxy: RunningProxy, app: string): Promise<void> {
	await eventually(async () => {
		const row = (await serversOf(proxy)).find(({ container }) => container === app);
		expect(row).toMatchObject({ address: `${await addressOf(app)}:3000`, status: "UP" });
	});
}

async function addressOf(container: string): Promise<string> {
	const address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
	return await docker("inspect", "--format", address, container);
}
