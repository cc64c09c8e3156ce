import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../harness/eventually.ts";
import { keptLines, type MembershipLine } from "../harness/membership.ts";
import { createStage, type Stage } from "../load/stage.ts";
import { startTraffic } from "../load/traffic.ts";
import { decides, runningIn, scaling as switchedOn } from "../scale/pool.ts";
import { cpuOf } from "./consumption.ts";
import type { Figure } from "./figures.ts";

const rounds = 3;
const restSeconds = 20;
/** Requests in flight, of which each container is to have 20. */
const [load, enough] = [100, 5];
const labels = [
	"scale=1-8",
	"scale.target=20",
	"scale.ready=5s",
	"scale.down-after=5s",
	"scale.volumes=share",
];

/** From one container to enough of them, after a hundred requests came at once. */
export async function scaling(): Promise<readonly Figure[]> {
	await using stage = await createStage("bench", switchedOn);
	await stage.join("graceful", ...labels.flatMap((label) => ["--label", `ballast.${label}`]));
	const [steps, starts, lost]: [number[], number[], number[]] = [[], [], []];
	for (let n = 0; n < rounds; n += 1) {
		const round = await step(stage);
		steps.push(round.took);
		starts.push(...round.starts);
		lost.push(round.lost);
		process.stdout.write(".");
	}
	const spent = await cpuOf(stage.proxy);
	await delay(restSeconds * 1_000);
	const { controller } = await spent();
	return [
		{ what: "a load of five containers comes to one, until five take requests", unit: "s", values: steps },
		{ what: "of that, a container's own start", unit: "s", values: starts },
		{ what: "failed meanwhile", unit: "requests", values: lost },
		{ what: "the controller's processor, at rest", unit: "% of a core", values: [controller] },
	];
}

type Step = { readonly took: number; readonly starts: readonly number[]; readonly lost: number };

async function step({ sandbox, proxy }: Stage): Promise<Step> {
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 1);
	const began = Date.now();
	const mix = { kept: 0, thinkMs: 1, fresh: 0, slow: load, slowMs: 1_000, methods: "GET" } as const;
	const traffic = startTraffic(proxy.url, mix);
	const lines = await eventually(async () => {
		const since = (await keptLines(proxy)).filter(({ time }) => Date.parse(time) >= began);
		if (joinsIn(since).length < enough - 1) throw new Error("not enough of them yet");
		return since;
	});
	const { lost, unserved } = await traffic.stop();
	const last = joinsIn(lines)[enough - 2];
	await eventually(async () => {
		const { length } = await runningIn(sandbox);
		if (length > 1) throw new Error(`${length} are there still`);
	}, 120_000);
	return {
		took: (Date.parse(last?.time ?? "") - began) / 1_000,
		starts: joinsIn(lines).map((join) => startOf(join, lines)),
		lost: lost.length + unserved.length,
	};
}

function joinsIn(lines: readonly MembershipLine[]): readonly MembershipLine[] {
	return lines.filter(({ event }) => event === "join");
}

/** From the moment that it was started until it takes requests, in seconds. */
export function startOf(join: MembershipLine, lines: readonly MembershipLine[]): number {
	const up = lines.find(({ id, event }) => id === join.id && event === "scale-up");
	return (Date.parse(join.time) - Date.parse(up?.time ?? "")) / 1_000;
}
