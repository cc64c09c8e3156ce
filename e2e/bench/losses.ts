import { remove } from "../harness/servers.ts";
import { placeOf } from "../harness/standing.ts";
import { type Manner, manners } from "../load/apps.ts";
import { churn } from "../load/churn.ts";
import { createStage, type Stage, stop } from "../load/stage.ts";
import { everyKind, startTraffic } from "../load/traffic.ts";
import { type Verdict, verdictOn } from "../load/verdict.ts";
import { cpuOf, type Part, staticCpuOf } from "./consumption.ts";
import { timeOf } from "./engine-events.ts";
import type { Figure } from "./figures.ts";
import { serverOf, toldAt } from "./haproxy-log.ts";
import { serving, startCopy } from "./static-haproxy.ts";

const stopsEach = 4;
const leaveCount = 20;
/** Of these, beside a static HAProxy. */
const besides = 5;

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

/**
 * Half a minute of random coming and going, and what it costs the controller. Beside it a static HAProxy, which knows the two
 * servers that stay, gets as many requests.
 */
export async function churning(): Promise<readonly Figure[]> {
	await using stage = await trio();
	const leave = async (container: string) => stop(container);
	const options = { ms: 30_000, between: [0, 6], manners: ["serves on"], leave } as const;
	const copy = await startCopy(stage.sandbox, "copy", stage.proxy.name);
	await serving(copy);
	const { IPAddress } = await placeOf(copy, stage.sandbox.network);
	const beside = startTraffic(`http://${IPAddress}`, everyKind);
	const busy: Record<Part | "beside", number>[] = [];
	let changes = 0;
	const verdict = await stage.load("churn", async () => {
		const [spent, spentBeside] = await Promise.all([cpuOf(stage.proxy), staticCpuOf(copy)]);
		changes = await churn(stage, options);
		busy.push({ ...(await spent()), beside: await spentBeside() });
	});
	const theirs = await verdictOn(await beside.stop(), stage.apps);
	const processor = (what: string, part: Part | "beside"): Figure => {
		return { what, unit: "% of a core", values: busy.map((shares) => shares[part]) };
	};
	return [
		{ what: "joins and leaves", unit: "changes", values: [changes] },
		{ what: "answered", unit: "requests", values: [verdict.answered] },
		...lossesOf("failed", [verdict]),
		{ what: "answered by a static HAProxy", unit: "requests", values: [theirs.answered] },
		...lossesOf("failed there, with the two that stay", [theirs]),
		processor("the controller's processor", "controller"),
		processor("HAProxy's processor", "haproxy"),
		processor("a static HAProxy's, for as many requests", "beside"),
	];
}

/** From Docker's kill event until HAProxy sends the server nothing more. */
export async function leaves(): Promise<readonly Figure[]> {
	await using stage = await trio();
	const [ours, theirs]: [number[], number[]] = [[], []];
	for (let n = 0; n < leaveCount; n += 1) {
		const leaver = await stage.join("exits at once");
		const server = await serverOf(leaver);
		const isBeside = n < besides;
		const copy = isBeside ? await startCopy(stage.sandbox, "copy", stage.proxy.name) : undefined;
		if (copy !== undefined) await serving(copy);
		await stop(leaver);
		const killed = await timeOf("kill", leaver);
		ours.push((await toldAt(stage.proxy, "leaves", server)) - killed);
		if (copy !== undefined) theirs.push((await toldAt({ name: copy }, "fails", server)) - killed);
		await remove(leaver, ...(copy === undefined ? [] : [copy]));
		process.stdout.write(".");
	}
	return [
		{ what: "from Docker's kill event", unit: "ms", values: ours },
		{ what: "a static HAProxy, by its own checks", unit: "ms", values: theirs },
	];
}

/** Two that stay, and whoever comes. */
async function trio(): Promise<Stage> {
	const stage = await createStage("bench");
	await Promise.all([stage.join("graceful"), stage.join("graceful")]);
	return stage;
}
