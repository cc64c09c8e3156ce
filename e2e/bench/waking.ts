import { eventually } from "../harness/eventually.ts";
import { keptLines } from "../harness/membership.ts";
import { createStage } from "../load/stage.ts";
import { decides, runningIn, scaling as switchedOn } from "../scale/pool.ts";
import type { Figure } from "./figures.ts";
import { startOf } from "./scaling.ts";

const rounds = 5;
const atOnce = 50;
const labels = ["scale=0-1", "scale.idle=2s"];

/** From a pool that sleeps to the answers of those who asked. */
export async function waking(): Promise<readonly Figure[]> {
	await using stage = await createStage("bench", switchedOn);
	await stage.join("graceful", ...labels.flatMap((label) => ["--label", `ballast.${label}`]));
	const { proxy, sandbox } = stage;
	await decides(proxy, ({ observed }) => observed.ready === 1);
	const [took, starts, lost]: [number[], number[], number[]] = [[], [], []];
	for (let n = 0; n < rounds; n += 1) {
		await eventually(async () => {
			const { length } = await runningIn(sandbox);
			if (length > 0) throw new Error(`${length} are awake still`);
		});
		const began = Date.now();
		const asked = Array.from({ length: atOnce }, async () => (await fetch(proxy.url)).status);
		const statuses = await Promise.all(asked);
		took.push((Date.now() - began) / 1_000);
		lost.push(statuses.filter((status) => status !== 200).length);
		const lines = (await keptLines(proxy)).filter(({ time }) => Date.parse(time) >= began);
		const join = lines.find(({ event }) => event === "join");
		if (join !== undefined) starts.push(startOf(join, lines));
		process.stdout.write(".");
	}
	return [
		{
			what: `${atOnce} requests come to a pool that sleeps, until all are answered`,
			unit: "s",
			values: took,
		},
		{ what: "of that, the container's own start", unit: "s", values: starts },
		{ what: "failed", unit: "requests", values: lost },
	];
}
