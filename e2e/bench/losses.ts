import { remove } from "../harness/servers.ts";
import { placeOf } from "../harness/standing.ts";
import { type Manner, manners } from "../load/apps.ts";
import { churn } from "../load/churn.ts";
import { createStage, type Stage, stop } from "../load/stage.ts";
import { everyKind, startTraffic } from "../load/traffic.ts";
import { type Verdict, verdictOn } from "../load/verdict.ts";
import { cpuOf, type Part } from "./consumption.ts";
import { timeOf } from "./engine-events.ts";
import type { Figure } from "./figures.ts";
import { serverOf, toldAt } from "./haproxy-log.ts";
import { serving, startCopy } from "./static-haproxy.ts";

const stopsEach = 4;
const leaveCount = 20;

/**
 * `docker stop` of one of three under load, for each kind of app. Beside Ballast, and in front of the same three, its own
 * configuration without its controller has as much to do.
 */
export async function stops(): Promise<readonly Figure[]> {
	await using stage = await trio();
	const figures: Figure[] = [];
	for (const manner of manners) figures.push(...(await stopsOf(stage, manner)));
	return figures;
}

async function stopsOf(stage: Stage, manner: Manner): Promise<readonly Figure[]> {
	const [ours, theirs]: [Verdict[], Verdict[]] = [[], []];
	for (let n = 0; n < stopsEach; n += 1) {
		const leaver = await stage.join(manner);
		const copy = await startCopy(stage.sandbox, "copy", stage.proxy.name);
		await serving(copy);
		const { IPAddress } = await placeOf(copy, stage.sandbox.network);
		const beside = startTraffic(`http://${IPAddress}`, everyKind);
		ours.push(await stage.load(manner, async () => stop(leaver)));
		theirs.push(await verdictOn(await beside.stop(), stage.apps));
		await remove(leaver, copy);
	}
	return [...lossesOf(manner, ours), ...lossesOf(`${manner}, without a controller`, theirs)];
}

function lossesOf(what: string, verdicts: readonly Verdict[]): readonly Figure[] {
	const lost = (name: "safe" | "unsafe"): Figure => {
		const values = verdicts.map((verdict) => verdict[name].length);
		return { what: `${what}: ${name === "safe" ? "GET, HEAD, OPTIONS" : "POST"}`, unit: "requests", values };
	};
	return [lost("safe"), lost("unsafe")];
}

/** Half a minute of random coming and going, and what it costs the controller. */
export async function churning(): Promise<readonly Figure[]> {
	await using stage = await trio();
	const leave = async (container: string) => stop(container);
	const options = { ms: 30_000, between: [0, 6], manners: ["serves on"], leave } as const;
	let busy: Readonly<Record<Part, number>> | undefined;
	let changes = 0;
	const verdict = await stage.load("churn", async () => {
		const spent = await cpuOf(stage.proxy);
		changes = await churn(stage, options);
		busy = await spent();
	});
	return [
		{ what: "joins and leaves", unit: "changes", values: [changes] },
		{ what: "answered", unit: "requests", values: [verdict.answered] },
		...lossesOf("failed", [verdict]),
		{
			what: "the controller's processor",
			unit: "% of a core",
			values: busy === undefined ? [] : [busy.controller],
		},
		{ what: "HAProxy's processor", unit: "% of a core", values: busy === undefined ? [] : [busy.haproxy] },
	];
}

/** From Docker's kill event until HAProxy sends the server nothing more. */
export async function leaves(): Promise<readonly Figure[]> {
	await using stage = await trio();
	const values: number[] = [];
	for (let n = 0; n < leaveCount; n += 1) {
		const leaver = await stage.join("exits at once");
		const server = await serverOf(leaver);
		await stop(leaver);
		values.push((await toldAt(stage.proxy, "leaves", server)) - (await timeOf("kill", leaver)));
		await remove(leaver);
		process.stdout.write(".");
	}
	return [{ what: "from Docker's kill event", unit: "ms", values }];
}

/** Two that stay, and whoever comes. */
async function trio(): Promise<Stage> {
	const stage = await createStage("bench");
	await Promise.all([stage.join("graceful"), stage.join("graceful")]);
	return stage;
}
