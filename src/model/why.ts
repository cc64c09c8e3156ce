import { readMarks } from "./clone-labels.ts";
import { hostPort } from "./endpoint.ts";
import type { Evidence } from "./evidence.ts";
import type { ContainerRef, Hold, Member } from "./fleet.ts";
import { wantsToJoin } from "./labels.ts";
import type { Problem } from "./problem.ts";
import type { Standing } from "./standing.ts";
import { assumptions, type Fact, type LabelFact, labelFacts, nearMisses } from "./why-labels.ts";

/** Why a container gets requests or not: what `ballast why` tells. */
export type Explanation = {
	readonly container: ContainerRef;
	/**
	 * `served`: it gets requests. `idle`: in a pool, and gets none. `left-out`: it is ready, but not in force. `absent`: it
	 * carries the join label, and stays out. `not-ours`: it does not carry it.
	 */
	readonly state: "served" | "idle" | "left-out" | "absent" | "not-ours";
	/** One line. */
	readonly verdict: string;
	readonly server: { readonly pool: string; readonly name: string; readonly address: string } | null;
	/** The join label or what looks like it, then each under the prefix. */
	readonly labels: readonly LabelFact[];
	/** What holds where no label says anything. */
	readonly assumed: readonly Fact[];
	readonly problems: readonly Problem[];
	/** What would change it, one line each. */
	readonly remedies: readonly string[];
};

type Judgement = Pick<Explanation, "state" | "verdict" | "remedies">;

export function explain(evidence: Evidence): Explanation {
	const { standing, inForce, problems } = evidence;
	const { id, name } = standing.container;
	const ours = wantsToJoin(standing.container.labels, evidence.policy.labels.join);
	const member = inForce ?? (ours ? standing.member : undefined);
	const judged = ours ? judge(evidence) : notOurs(evidence);
	return {
		container: { id, name },
		...judged,
		remedies: [...judged.remedies, ...(ours && standing.member === undefined ? heldBack(standing) : [])],
		server: member === undefined ? null : serverOf(member),
		labels: labelFacts(evidence),
		assumed: ours ? assumptions(evidence) : [],
		problems: ours ? relevant(evidence, problems) : [],
	};
}

function serverOf({ pool, server }: Member): Explanation["server"] {
	return { pool, name: server.name, address: hostPort(server) };
}

/** What is said of it, of its pool, of an engine that can't be read, and of a configuration that keeps it from being in force. */
function relevant({ standing, inForce }: Evidence, problems: readonly Problem[]): readonly Problem[] {
	const own = [...standing.problems, ...problems.filter((one) => one.subject === standing.container.name)];
	const pool = (inForce ?? standing.member)?.pool;
	const others = problems.filter(({ code, subject }) => {
		if (code === "unreached-pool") return subject === pool;
		return subject === "engine" || (lags(standing, inForce) && general.has(subject));
	});
	return [...new Map([...own, ...others].map((one) => [`${one.code} ${one.message}`, one])).values()];
}

/** Subjects of problems that keep a configuration from being in force. */
const general: ReadonlySet<string> = new Set(["templates", "haproxy.cfg", "haproxy", "controller"]);

function lags({ member }: Standing, inForce: Member | undefined): boolean {
	return (member === undefined) !== (inForce === undefined);
}

function judge(evidence: Evidence): Judgement {
	const { standing, inForce } = evidence;
	if (inForce !== undefined && standing.member !== undefined) return inPool(evidence, inForce);
	if (inForce !== undefined) return lingering(evidence, inForce);
	if (standing.member !== undefined) return leftOut(evidence);
	return {
		state: "absent",
		verdict: `${standing.container.name} is in no pool: ${standing.why}.`,
		remedies: remediesOf(evidence),
	};
}

function inPool(evidence: Evidence, member: Member): Judgement {
	const { standing, since, haproxy } = evidence;
	const obstacle = obstacleOf(evidence, member);
	const when = since === undefined ? "" : ` since ${since}`;
	const where = `${placeOf(member)}${when}, because it is ${standing.why}`;
	const begin = `${standing.container.name} is ${obstacle === undefined ? "served: " : ""}${where}`;
	const word = haproxy === undefined ? "HAProxy tells nothing of it" : `HAProxy calls it ${haproxy}`;
	if (obstacle === undefined)
		return { state: "served", verdict: `${begin}. ${word}.`, remedies: waysOut(evidence) };
	return { state: "idle", verdict: `${begin}. ${obstacle.verdict}`, remedies: obstacle.remedies };
}

function placeOf({ pool, server }: Member): string {
	return `in the pool ${pool} as ${server.name} at ${hostPort(server)}`;
}

type Obstacle = Pick<Judgement, "verdict" | "remedies">;

/** Why a member gets no requests. */
function obstacleOf(
	{ haproxy = "", problems, standing, policy, isGoing }: Evidence,
	{ pool }: Member,
): Obstacle | undefined {
	const { hold, container } = standing;
	if (hold !== undefined && isGoing)
		return {
			verdict: "It takes no new clients: scaling takes it away, as fewer are wanted.",
			remedies: [`see why: ballast scale ${pool} --explain`],
		};
	if (hold !== undefined)
		return { verdict: `${holdings[hold]}.`, remedies: [`make it ready: ballast ready ${container.name}`] };
	const unreached = problems.find((one) => one.code === "unreached-pool" && one.subject === pool);
	if (unreached !== undefined)
		return { verdict: "It gets no requests: no route leads to that pool.", remedies: [unreached.hint] };
	if (!/^(DOWN|MAINT|DRAIN|NOLB)/.test(haproxy)) return undefined;
	const remedy = awakening(haproxy, standing.container.name, policy.labels.prefix);
	return { verdict: `It gets no requests: HAProxy calls it ${haproxy}.`, remedies: [remedy] };
}

const holdings: Readonly<Record<Hold, string>> = {
	drain: "It takes no new clients: a person has drained it, which lasts until it is made ready or removed",
	maint:
		"It gets no requests: a person has put it into maintenance, which lasts until it is made ready or removed",
};

/** Of one that is in no pool now. */
function heldBack({ hold, container: { name } }: Standing): readonly string[] {
	if (hold === undefined) return [];
	const set = hold === "drain" ? "drained it" : "put it into maintenance";
	return [
		`once it joins, it takes no new clients: a person has ${set}; take that back with: ballast ready ${name}`,
	];
}

function awakening(haproxy: string, name: string, prefix: string): string {
	if (haproxy.startsWith("DOWN"))
		return `HAProxy's own check fails: see what the app does, with docker logs ${name}`;
	if (haproxy.startsWith("MAINT"))
		return "if Ballast has taken it out, as it was to leave, it is brought back within a minute; if a person has, by the next reload";
	return `its weight is 0 (${prefix}weight), or a person has drained it; the next reload takes the latter back`;
}

function waysOut({ standing, policy }: Evidence): readonly string[] {
	const network = standing.reach?.network;
	const health = standing.container.health === "none" ? "" : ", becomes unhealthy";
	const left = network === undefined ? "" : `, is disconnected from ${network}`;
	const leaves = `it leaves when it is told to stop, dies, is paused${health}${left}`;
	const clone = readMarks(standing.container, policy.labels.prefix);
	if (clone !== undefined)
		return [
			leaves,
			`scaling has made it, as a clone of ${clone.cloneOf.slice(0, 12)}, and takes it away when fewer are wanted: ballast scale ${standing.member?.pool} --explain`,
			"its labels are its original's: to change what they ask for, recreate that one",
		];
	return [
		leaves,
		`Docker can't change labels: to change what they ask for, or with ${policy.labels.prefix}enable=false to keep it out, recreate it`,
	];
}

function lingering({ standing }: Evidence, member: Member): Judgement {
	return {
		state: "idle",
		verdict: `${standing.container.name} should be in no pool (${standing.why}), and is still ${placeOf(member)}: no newer configuration is in force.`,
		remedies: ["see the problems: ballast problems"],
	};
}

function leftOut(evidence: Evidence): Judgement {
	const { name } = evidence.standing.container;
	const reasons = relevant(evidence, evidence.problems).filter(
		({ code, severity }) => severity === "problem" && !harmless.has(code),
	);
	const quarantined = reasons.some(({ code }) => code === "quarantined");
	return {
		state: "left-out",
		verdict: quarantined
			? `${name} is ready, and left out: HAProxy refuses the configuration with it.`
			: `${name} is ready (${evidence.standing.why}), and not in force yet.`,
		remedies: reasons.length === 0 ? ["it is about to join: ask again"] : reasons.map(({ hint }) => hint),
	};
}

/** Problems that keep nobody out. */
const harmless: ReadonlySet<string> = new Set(["unknown-label", "pool-disagreement", "unreached-pool"]);

/** Of one that stays out. */
function remediesOf({ standing, policy }: Evidence): readonly string[] {
	if (standing.member === undefined && standing.remedy !== undefined) return [standing.remedy];
	const { enable } = standing.reading.wishes;
	if (enable === false) return [`recreate it without ${policy.labels.prefix}enable=false`];
	return standing.problems.filter(({ code }) => !harmless.has(code)).map(({ hint }) => hint);
}

function notOurs(evidence: Evidence): Judgement {
	const { standing, policy } = evidence;
	const { container } = standing;
	if (evidence.isProxy)
		return { state: "not-ours", verdict: `${container.name} is the proxy itself.`, remedies: [] };
	const [near] = nearMisses(container.labels, policy.labels.join);
	const hasInstead = near === undefined ? "" : `; it has ${near}`;
	const inPlace = near === undefined ? "" : `, in the place of ${near}`;
	return {
		state: "not-ours",
		verdict: `${container.name} is none of Ballast's: it does not carry the label ${policy.labels.join}${hasInstead}.`,
		remedies: [`recreate it with the label ${policy.labels.join}${inPlace}`, ...beyondLabel(evidence)],
	};
}

/** What the label alone would not do. Whether its port answers, nobody has tried. */
function beyondLabel(evidence: Evidence): readonly string[] {
	const { standing } = evidence;
	if (standing.member !== undefined || standing.probe !== undefined) return [];
	return [`it would stay out all the same: ${standing.why}`, ...remediesOf(evidence)];
}
