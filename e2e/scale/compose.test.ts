import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { joinLabelOf } from "../harness/proxy.ts";
import { createStage, type Stage } from "../load/stage.ts";
import { allIn, decides, runningIn, scaling } from "./pool.ts";

/** A Compose project with one service, `web`, in the stage's network: `docker compose <args…>`. */
async function projectOn({ sandbox, apps }: Stage) {
	const scratch = await mkdtemp(join(tmpdir(), "ballast-scale-"));
	const file = join(scratch, "compose.json");
	const asked = [
		"scale=1-3",
		"scale.target=4",
		"scale.volumes=share",
		"scale.down-after=20s",
		"scale.ready=20s",
	];
	const labels = [joinLabelOf(sandbox), ...asked.map((label) => `ballast.${label}`)];
	const web = { ...apps.service("graceful"), labels, pull_policy: "never" };
	const networks = { default: { name: sandbox.network, external: true } };
	const volumes = { [apps.volume]: { name: apps.volume, external: true } };
	await writeFile(file, JSON.stringify({ services: { web }, networks, volumes }));
	const compose = async (...args: readonly string[]) => {
		const { stdout } = await execa("docker", [
			"compose",
			"-p",
			sandbox.nameOf("project"),
			"-f",
			file,
			...args,
		]);
		return stdout.split("\n").filter((line) => line !== "");
	};
	return { compose, [Symbol.asyncDispose]: async () => rm(scratch, { recursive: true }) };
}

test("Compose sees clones as its own: its `up` takes them away, load brings them back, and its `down` leaves nothing", async () => {
	await using stage = await createStage("scale-compose", scaling);
	await using project = await projectOn(stage);
	const { sandbox, proxy } = stage;
	await project.compose("up", "--detach");
	await decides(proxy, ({ observed }) => observed.ready === 1);
	const [original] = await runningIn(sandbox);
	const three = async () => eventually(async () => expect(await runningIn(sandbox)).toHaveLength(3));

	const busy = { kept: 1, thinkMs: 100, fresh: 0, slow: 16, slowMs: 700, methods: "GET" } as const;
	const verdict = await stage.load(
		"compose up in the middle",
		async () => {
			await three();
			await eventually(async () => expect(await project.compose("ps", "--quiet")).toHaveLength(3));
			await project.compose("up", "--detach");
			expect(await runningIn(sandbox)).toContain(original);
			await three();
			await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 3);
		},
		busy,
	);
	await project.compose("down");

	expect(verdict.safe).toEqual([]);
	await eventually(async () => expect(await allIn(sandbox)).toEqual([]));
});
