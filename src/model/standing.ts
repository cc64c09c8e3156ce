import type { Container, Ending, Leaving } from "./container.ts";
import type { PortChoice } from "./deaf.ts";
import type { Endpoint } from "./endpoint.ts";
import { defaultPool, type Hold, type Member, type Server } from "./fleet.ts";
import { type LabelReading, readLabels, type Wishes } from "./labels.ts";
import { ownPortOf } from "./own-port.ts";
import type { Problem } from "./problem.ts";
import { type Reach, reachOf } from "./reach.ts";
import { readinessOf } from "./readiness.ts";
import type { JoinPolicy, Surroundings } from "./surroundings.ts";

/** Whether a container is a member of a pool, and why. Every labelled container has one. */
export type Standing = {
	readonly container: Container;
	readonly problems: readonly Problem[];
	/** What its labels say, whether it comes to count or not. */
	readonly reading: LabelReading;
	/** Whether it has a say in what its pool does: member or not, it is there, or about to be again. */
	readonly hasSay: boolean;
	/** It was stopped as nobody asked for it, or ended by itself, and is started again when somebody does. */
	readonly isAsleep: boolean;
	/** It was told to stop a moment ago, in a pool that requests wait for: it has its say until it may be back. */
	readonly lingers: boolean;
	/** What it is reached by, as far as that was found. */
	readonly reach?: Reach;
	readonly port?: PortChoice;
	/** Where it must be probed; undefined when it has a health check of its own, or can't be reached anyhow. */
	readonly probe?: Endpoint;
	/** How the start before this one ended, when that was found out only now. */
	readonly before?: { readonly why: string; readonly failed: boolean };
	/** What a person has set, member or not. */
	readonly hold?: Hold;
	/** How long it may finish what is in flight, once it was told to stop. */
	readonly drainSeconds: number;
} & (
	| { readonly member: Member; readonly why: string }
	| {
			readonly member: undefined;
			readonly why: string;
			readonly failed: boolean;
			/** What a person can do about it, where no problem says so. */
			readonly remedy?: string;
	  }
);

/** Judges one container that carries the join label. */
export function standingOf(container: Container, around: Surroundings): Standing {
	const reading = readLabels(container.labels, around.policy.labels, container.name);
	const gone = goneBecause(container, around, reading.wishes);
	const before = startBefore(around.inventory.restarted?.get(container.id));
	const labelled = {
		container,
		reading,
		hasSay: hasSay(reading, gone),
		isAsleep: gone?.isAsleep ?? false,
		lingers: gone?.lingers ?? false,
		...(before && { before }),
		...holdOf(container, around),
		drainSeconds: reading.wishes.drain ?? container.stopTimeout,
	};
	if (gone !== undefined) return { ...labelled, member: undefined, problems: [], ...gone };
	const absent = (why: string, reached: Reached, ...problems: Problem[]): Standing => {
		const all = [...reading.problems, ...problems];
		return { ...labelled, ...reached, member: undefined, why, failed: false, problems: all };
	};
	if (reading.wishes.enable === false)
		return absent(`kept out by ${around.policy.labels.prefix}enable=false`, {});
	if (reading.unusable) return absent("a label can't be understood", {});
	const reach = reachOf(container, around.inventory, reading.wishes.network);
	if ("problem" in reach) return absent("it can't be reached", {}, reach.problem);
	const port = portOf(container, reading.wishes, around.policy);
	if (port === undefined) return absent("its port is not known", { reach }, noPort(container, around.policy));
	const own = ownPortOf(container, reach, port.port, around);
	if (own !== undefined) return absent("the proxy itself has its port", { reach, port }, own);
	const standing = readinessOf(container, reach, port, around);
	const judged = { ...labelled, reach, port, ...standing };
	const problems = [...reading.problems, ...standing.problems];
	if (!standing.ready) return { ...judged, failed: standing.failed, member: undefined, problems };
	const member = memberOf(container, { address: standing.address, port: port.port }, reading.wishes, around);
	return { ...judged, member, problems };
}

function startBefore(ending: Ending | undefined): Standing["before"] {
	if (ending === undefined) return undefined;
	const { signal, exitCode, outOfMemory = false } = ending;
	if (signal !== undefined) return toldToStop(signal);
	if (exitCode !== undefined) return { why: howItDied({ exitCode, outOfMemory }), failed: true };
	return { why: "it ended, and was started again", failed: false };
}

function toldToStop(signal: string): { readonly why: string; readonly failed: boolean } {
	return { why: `told to stop (${signal})`, failed: signal === "SIGKILL" };
}

function hasSay({ wishes, unusable }: LabelReading, gone: Gone | undefined): boolean {
	const isThere = gone === undefined || [gone.comesBack, gone.isAsleep, gone.lingers].includes(true);
	return !unusable && wishes.enable !== false && isThere;
}

const sleeps: Gone = { why: "asleep, until somebody asks for it", failed: false, isAsleep: true };
const outOfUse: Gone = { why: "stopped by Ballast, as nobody asked for it", failed: false };

type Reached = Pick<Standing, "reach" | "port">;

type Gone = {
	readonly why: string;
	readonly failed: boolean;
	/** It has not ended, or Docker is about to start it again. */
	readonly comesBack?: boolean;
	/** We are. */
	readonly isAsleep?: boolean;
	readonly lingers?: boolean;
	readonly remedy?: string;
	readonly problems?: readonly Problem[];
};

/** Why a container takes no part at all, whatever its labels say; undefined when it runs. */
function goneBecause(
	container: Container,
	{ inventory: { leaving, proxy, asleep }, policy }: Surroundings,
	{ scale }: Wishes,
): Gone | undefined {
	if (container.id === proxy.container?.id) return { why: "it is the proxy itself", failed: false };
	if (container.labels["com.docker.compose.oneoff"]?.toLowerCase() === "true") {
		const remedy = "start it as a service: docker compose up --detach";
		return { why: "it is a one-off of docker compose run", failed: false, remedy };
	}
	const told = leaving.get(container.id);
	const leaves = told?.startedAt === container.startedAt;
	// From when it can't be kept any more, before Docker has told of its end: nobody is to be sent there.
	const isDown = leaves || hasEnded(container) || policy.scales;
	if (isDown && asleep?.get(container.id) === container.startedAt)
		return policy.scales ? sleeps : { ...outOfUse, remedy: startIt(container) };
	const mayBeNone = policy.scales && scale?.min === 0;
	if (leaves && !told.overdue) return goneByStop(told, mayBeNone);
	const gone = goneByState(container);
	// Nobody wanted that: in a pool that is started by requests, the next one starts it again.
	return gone && mayBeNone && hasEnded(container) ? { ...gone, isAsleep: true } : gone;
}

function goneByStop({ signal, recent }: Leaving, mayBeNone: boolean): Gone {
	const remedy = "it joins again once it has started again";
	return { ...toldToStop(signal), remedy, lingers: mayBeNone && recent };
}

function hasEnded({ state }: Container): boolean {
	return state === "exited" || state === "dead";
}

function goneByState(container: Container): Gone | undefined {
	switch (container.state) {
		case "running":
			return undefined;
		case "created":
			return { why: "created", failed: false, remedy: startIt(container) };
		case "paused":
			return { why: "paused", failed: false, comesBack: true, remedy: unpauseIt(container) };
		case "restarting":
			return { why: howItDied(container), failed: true, comesBack: true, problems: [restarting(container)] };
		// `docker run --rm` removes what has ended, and nothing is removed that has not (moby `daemon/delete.go`).
		case "removing":
		case "exited":
		case "dead":
			return { why: howItDied(container), failed: true, remedy: startIt(container) };
	}
}

function unpauseIt({ name }: Container): string {
	return `let it go on: docker unpause ${name}`;
}

function startIt({ name }: Container): string {
	return `start it: docker start ${name}; why it ended: docker logs ${name}`;
}

function howItDied({ exitCode, outOfMemory }: Pick<Container, "exitCode" | "outOfMemory">): string {
	return outOfMemory ? `died, out of memory (oom, exit code ${exitCode})` : `died, exit code ${exitCode}`;
}

function restarting(container: Container): Problem {
	return {
		code: "restarting",
		severity: "problem",
		subject: container.name,
		message: `it ${howItDied(container)}, and waits for Docker to start it again, by its restart policy`,
		hint: `see why it ends with: docker logs ${container.name}`,
	};
}

function portOf(container: Container, wishes: Wishes, policy: JoinPolicy): PortChoice | undefined {
	if (wishes.port !== undefined) return { port: wishes.port, from: "label" };
	const [first, ...others] = container.exposedPorts;
	if (first !== undefined && others.length === 0) return { port: first, from: "exposed" };
	return policy.port === undefined ? undefined : { port: policy.port, from: "setting" };
}

function memberOf(
	container: Container,
	{ address, port }: Pick<Server, "address" | "port">,
	wishes: Wishes,
	around: Surroundings,
): Member {
	const { id, name } = container;
	const { hold: state } = holdOf(container, around);
	const server: Server = {
		name: around.names.get(id) ?? `${safe(name)}-${id.slice(0, 8)}`,
		container: { id, name },
		address,
		port,
		weight: wishes.weight ?? 100,
		...(wishes.maxconn === undefined ? {} : { maxconn: wishes.maxconn }),
		...(state && { state }),
	};
	return { pool: wishes.pool ?? defaultPool, server };
}

function holdOf({ id }: Container, { held }: Surroundings): Pick<Standing, "hold"> {
	const hold = held.get(id);
	return hold === undefined ? {} : { hold };
}

/** As HAProxy takes it, and short enough for the server to name a file, which ends at 255 bytes. */
function safe(name: string): string {
	return name.replaceAll(/[^a-zA-Z0-9_.-]/g, "-").slice(0, 200);
}

function noPort(container: Container, { labels }: JoinPolicy): Problem {
	const exposed =
		container.exposedPorts.length === 0
			? "no TCP port"
			: `the TCP ports ${container.exposedPorts.join(", ")}`;
	return {
		code: "unknown-port",
		severity: "problem",
		subject: container.name,
		message: `its port is not known: expected one exposed TCP port or a label, got ${exposed} exposed and no ${labels.prefix}port`,
		hint: `set the label ${labels.prefix}port on the container, or BALLAST_PORT on the proxy for all that don't say`,
	};
}
