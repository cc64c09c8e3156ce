import { expect, test } from "vitest";
import type { ScaleAnswer } from "../../src/admin/scale.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { ballast, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { startServer } from "../harness/servers.ts";
import { decides, runningIn, scaling } from "./pool.ts";

/** Each answer costs 10 ms of a processor. */
const app = `
	const { createServer } = require("node:http");
	createServer((request, response) => {
		const { user } = process.cpuUsage();
		while (process.cpuUsage().user - user < 10_000);
		response.end();
	}).listen(3000);
	process.once("SIGTERM", () => process.exit());`;

test("a pool grows because its containers use up what they may of the processors, with one request in flight, and comes back", async () => {
	await using sandbox = await createSandbox("processors");
	const proxy = await startProxy(sandbox, scaling);
	const labels = ["scale=1-2", "scale.ready=5s", "scale.down-after=10s"];
	const options = [
		"--cpus",
		"0.2",
		"--expose",
		"3000",
		...labels.flatMap((one) => ["--label", `ballast.${one}`]),
	];
	const original = await startServer(sandbox, "app", ...options, images.base, "node", "--eval", app);
	const both = [original, `${original}-scale-1`];
	await decides(proxy, ({ demand }) => demand?.signals.some(({ name }) => name === "cpu") ?? false);

	using visitor = oneAfterTheOther(proxy.url);
	await eventually(async () => expect(await runningIn(sandbox)).toEqual(both), 120_000);
	const { stdout } = await ballast(proxy, "scale", "nodes", "--explain");
	const { pools }: ScaleAnswer = JSON.parse((await ballast(proxy, "scale", "--json")).stdout);
	const statuses = await visitor.stop();

	expect(stdout).toMatch(
		/ up 1: \d+ % of a processor limit want 2 at 70 % each\n(.*\n){3}.* cpu=[\d.]+\/0\.7=[\d.]+→2 /,
	);
	const up = pools[0]?.decisions.find(({ kind }) => kind === "up");
	expect(up?.policy.cpu).toBe(0.7);
	expect(up?.demand?.signals.map(({ name, want }) => [name, want])).toEqual([
		["in-flight-30s", 1],
		["in-flight-6s", 1],
		["cpu", 2],
	]);
	await eventually(async () => expect(await runningIn(sandbox)).toEqual([original]), 120_000);
	expect(new Set(statuses)).toEqual(new Set([200]));
});

/** Gives the status of each answer once it is told to stop; it ends with the test in any case. */
function oneAfterTheOther(url: string): Disposable & { readonly stop: () => Promise<readonly number[]> } {
	let isOver = false;
	const end = (): void => {
		isOver = true;
	};
	const visits = (async () => {
		const statuses: number[] = [];
		while (!isOver) statuses.push((await fetch(url)).status);
		return statuses;
	})();
	// Where the test has failed, its proxy goes under a visit.
	visits.catch(() => undefined);
	return {
		stop: async () => {
			end();
			return await visits;
		},
		[Symbol.dispose]: end,
	};
}
