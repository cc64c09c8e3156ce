import { expect, test } from "vitest";
import type { ScaleDecision } from "../../src/model/scale.ts";
import { isUnharmed } from "../faults/unharmed.ts";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { ballast, hasNoProblems, problemWith, startProxyElsewhere } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { createStage } from "../load/stage.ts";
import { startTraffic } from "../load/traffic.ts";
import { nothingLost } from "../load/verdict.ts";
import { createGuard } from "./guard.ts";
import { allIn, decides, deedsOf, runs, scaling } from "./pool.ts";

/* What goes wrong with clones and around them, and takes its time. */

const labelled = (...labels: readonly string[]) => labels.flatMap((label) => ["--label", `ballast.${label}`]);

/** From the last failure to the next try, in milliseconds. */
function gapOf({ backOffUntil = 0, observed: { failures } }: ScaleDecision): number {
	return backOffUntil - failures.lastAt;
}

/** Whoever comes first has the lock and serves; all others end at once. */
const onlyOne = "--import=data:text/javascript,import{mkdirSync}from'node:fs';mkdirSync('/lock/held')";

/* Seen to fail, for the starts, where three failures freeze nothing (`frozenAfter` in src/model/scale-brake.ts). */
test.concurrent("clones that crash-loop are tried ever more rarely, after three load starts none any more, and who serves loses nothing", async () => {
	await using stage = await createStage("crash-loop", scaling);
	const { sandbox, proxy } = stage;
	const lock = ["-v", `${await sandbox.volume("lock")}:/lock`, "-e", `NODE_OPTIONS=${onlyOne}`];
	const labels = labelled("scale=1-4", "scale.target=4", "scale.volumes=share");
	const original = await stage.join("graceful", ...lock, ...labels);
	const busy = { kept: 2, thinkMs: 100, fresh: 1, slow: 16, slowMs: 700, methods: "all" } as const;

	const verdict = await stage.load(
		"clones that crash-loop",
		async () => {
			// The first clone may have failed while the load was still rising.
			const backing = await decides(
				proxy,
				({ backOffUntil, frozen, demand }) => backOffUntil !== undefined && !frozen && demand?.want === 4,
			);
			expect(backing.why).toMatch(/in flight want 4 at 4 each, and the last \d failed: next in \d+ s$/);
			const { message } = await problemWith(proxy, "clone-not-ready");
			expect(message).toContain("before it was ever ready");
			const later = await decides(proxy, ({ backOffUntil, frozen }) => backOffUntil !== undefined && frozen);
			expect(gapOf(later)).toBeGreaterThan(gapOf(backing));

			// The gap is over, and nothing but the freeze is in the way.
			const over = async () =>
				decides(proxy, ({ frozen, backOffUntil }) => frozen && backOffUntil === undefined);
			const frozen = await eventually(over, 240_000);
			expect(frozen.why).toMatch(/and \d starts in a row failed$/);
			const starts = (await deedsOf(proxy)).filter((deed) => deed.startsWith("scale-up"));
			expect(starts).toHaveLength(frozen.observed.failures.count);
			await problemWith(
				proxy,
				"clone-not-ready",
				undefined,
				`${frozen.observed.failures.count} times in a row`,
			);
		},
		busy,
	);

	expect(verdict).toMatchObject(nothingLost);
	expect(await allIn(sandbox)).toEqual([original]);
});

/* Seen to fail, for 401, where that was no refusal (`deniedOr` in src/docker/replicas.ts). */
test.concurrent.each([401, 403])(
	"a guard before the engine that answers changes with %i: it is told, requests are served, and once it lets changes through there are clones",
	async (status) => {
		await using sandbox = await createSandbox("guarded");
		const guard = await createGuard(sandbox);
		await guard.deny(status);
		const proxy = await startProxyElsewhere(sandbox, [...guard.options, ...scaling], "proxy");
		const original = await startWebapp(sandbox, "app", ...labelled("scale=2"));

		const { message } = await problemWith(proxy, "scale-denied", "nodes");

		expect(message).toContain(`refused with status ${status}`);
		await eventually(async () =>
			expect((await ballast(proxy, "scale")).stdout).toContain("would mend 1: 1 of at least 2 are there"),
		);
		expect(await docker("logs", proxy.name)).toContain('"code":"scale-denied"');
		expect(await guard.refused()).toEqual([
			expect.stringMatching(/^POST .*\/containers\/create\?name=.*-scale-1$/),
		]);
		// Docker is followed and requests are served as ever.
		const traffic = startTraffic(proxy.url, { kept: 2, thinkMs: 50, fresh: 2 });
		await agreeOn(proxy, original);
		const other = await startWebapp(sandbox, "other");
		await agreeOn(proxy, original, other);
		expect(await allIn(sandbox)).toEqual([original, other]);

		await guard.allow();
		expect((await ballast(proxy, "scale", "nodes=3")).exitCode).toBe(0);
		await eventually(async () => runs(sandbox, original, other, `${original}-scale-1`), 90_000);
		await hasNoProblems(proxy);
		await isUnharmed(`a guard that answers ${status}`, traffic);
	},
);
