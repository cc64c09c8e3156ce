import { type CloneMarks, ownsClone, readMarks } from "./clone-labels.ts";
import type { Container } from "./container.ts";
import { defaultPool } from "./fleet.ts";
import type { LabelLanguage, Wishes } from "./labels.ts";
import { byText } from "./order.ts";
import type { Problem } from "./problem.ts";
import { scaleVocabulary } from "./scale-labels.ts";
import { policyFault, type ScalePolicy } from "./scale-policy.ts";
import type { Standing } from "./standing.ts";

/** A pool whose size is ours to keep, or was: its clones go when nobody asks for any more. */
export type ScaledPool = {
	readonly pool: string;
	/** Undefined: no original is there that asks for a size. */
	readonly asked: Asked | undefined;
	readonly members: readonly ScaledMember[];
	/** Originals that can be started again. */
	readonly sleeping: readonly Sleeper[];
};

/** `died`: how it ended by itself, such as `died, exit code 1`; undefined: we have stopped it. */
export type Sleeper = { readonly container: Container; readonly died: string | undefined };

export type Asked = {
	readonly policy: ScalePolicy;
	/** Whose clones there are. */
	readonly original: Container;
	readonly wishes: Wishes;
};

/** A container of the pool that is up, and was not told to stop. */
export type ScaledMember = {
	readonly container: Container;
	/** Undefined: an original. */
	readonly clone: CloneMarks | undefined;
	/** The name of its server, while it is one. */
	readonly server: string | undefined;
	/** It was, or could be, and Docker calls it unhealthy or starts it again. */
	readonly failed: boolean;
	/** A person has drained it, or put it into maintenance. */
	readonly aside: boolean;
	readonly drainMs: number;
	/** A cookie binds clients to it: they come to it also while it drains. */
	readonly isBound: boolean;
};

/** Times without a unit in their name are in seconds. */
const usual = {
	target: 20,
	cpu: 0.7,
	queueMs: 100,
	idle: 300,
	ready: 60,
	mode: "auto",
} as const;

/** Of its `maxconn`, what a server has in flight that is well used. */
const wellUsed = 0.7;

/**
 * The pools that a container asks a size for. As with all that is about a pool, the oldest original decides, by what it leaves
 * unsaid as well; its clones say the same, and have no say.
 */
export function scaledPools(
	standings: readonly Standing[],
	language: LabelLanguage,
	owner: string,
): readonly ScaledPool[] {
	const byPool = Map.groupBy(
		standings.filter(({ hasSay, lingers }) => hasSay && !lingers),
		({ reading }) => reading.wishes.pool ?? defaultPool,
	);
	const pools = [...byPool].map(([pool, its]) => {
		const members = its.filter(({ isAsleep }) => !isAsleep).map((one) => memberOf(one, language, owner));
		// Nor are other proxies' clones originals.
		const originals = its.filter(({ container }) => readMarks(container, language.prefix) === undefined);
		const sleeping = originals.filter(({ isAsleep }) => isAsleep).map(sleeperOf);
		return { pool, asked: askedBy(originals.toSorted(byAge)[0]), members, sleeping };
	});
	return pools
		.filter(({ asked, members }) => asked !== undefined || members.some(({ clone }) => clone !== undefined))
		.sort((a, b) => byText(a.pool, b.pool));
}

function sleeperOf(standing: Standing): Sleeper {
	const died = standing.member === undefined && standing.failed ? standing.why : undefined;
	return { container: standing.container, died };
}

export function byAge({ container: a }: Standing, { container: b }: Standing): number {
	return Date.parse(a.created) - Date.parse(b.created) || byText(a.id, b.id);
}

function askedBy(oldest: Standing | undefined): Asked | undefined {
	if (oldest === undefined) return undefined;
	const { wishes } = oldest.reading;
	const policy = scalePolicyOf(wishes, oldest.container);
	if (policy === undefined || policyFault(policy) !== undefined) return undefined;
	return { policy, original: oldest.container, wishes };
}

/** Undefined where no size is asked for. `processors`: what the container may use of them, where it has a limit of its own. */
export function scalePolicyOf(
	wishes: Wishes,
	{ processors }: Pick<Container, "processors"> = {},
): ScalePolicy | undefined {
	const { scale, maxconn } = wishes;
	if (scale === undefined) return undefined;
	const [rps, downAfter] = [wishes["scale.rps"], wishes["scale.down-after"]];
	const { "scale.idle": idle = usual.idle, "scale.ready": ready = usual.ready } = wishes;
	// Without a limit, what one container uses of the machine depends on all that runs there.
	const cpu = wishes["scale.cpu"] ?? (processors === undefined ? "off" : usual.cpu);
	const target = maxconn === undefined ? usual.target : Math.max(1, Math.floor(maxconn * wellUsed));
	return {
		...scale,
		target: wishes["scale.target"] ?? target,
		queueMs: wishes["scale.queue"] ?? usual.queueMs,
		idleMs: idle * 1_000,
		readyMs: ready * 1_000,
		mode: wishes["scale.mode"] ?? usual.mode,
		...(maxconn === undefined ? {} : { maxconn }),
		...(rps === undefined ? {} : { rps }),
		...(cpu === "off" ? {} : { cpu }),
		...(downAfter === undefined ? {} : { downAfterMs: downAfter * 1_000 }),
	};
}

function memberOf(standing: Standing, { prefix }: LabelLanguage, owner: string): ScaledMember {
	const { container, member, drainSeconds } = standing;
	return {
		container,
		clone: ownsClone(container, prefix, owner) ? readMarks(container, prefix) : undefined,
		server: member?.server.name,
		failed: standing.member === undefined && standing.failed,
		aside: standing.hold !== undefined,
		drainMs: drainSeconds * 1_000,
		isBound: standing.reading.wishes.sticky === "cookie",
	};
}

/** Of what containers ask for about their number, what can't be had. */
export function scaleProblems(
	standings: readonly Standing[],
	{ prefix }: LabelLanguage,
	isOn: boolean,
): readonly Problem[] {
	const isAsked = (pool: string | undefined) =>
		standings.some(({ hasSay, reading: { wishes } }) => hasSay && wishes.scale && wishes.pool === pool);
	return standings.flatMap((standing) => {
		const { container, reading, hasSay } = standing;
		const policy = scalePolicyOf(reading.wishes, container);
		if (!hasSay || readMarks(container, prefix) !== undefined || !asksForScaling(reading)) return [];
		if (!isOn) return [switchedOff(container, prefix)];
		if (policy === undefined && isAsked(reading.wishes.pool)) return [];
		const fault =
			policy === undefined ? `none of them is ${prefix}scale, which says how many` : policyFault(policy);
		return fault === undefined ? [] : [refused(container, fault, prefix)];
	});
}

function asksForScaling({ wishes }: Standing["reading"]): boolean {
	return Object.keys(wishes).some((key) => key in scaleVocabulary);
}

function switchedOff({ name }: Container, prefix: string): Problem {
	return {
		code: "scale-off",
		severity: "problem",
		subject: name,
		message: `its labels ${prefix}scale… ask for more and fewer of it, and scaling is switched off`,
		hint: "set BALLAST_SCALE=on on the proxy, which lets it create, start, stop and remove containers; or recreate the container without the label",
	};
}

function refused({ name }: Container, fault: string, prefix: string): Problem {
	return {
		code: "scale-refused",
		severity: "problem",
		subject: name,
		message: `what its labels ${prefix}scale… ask for can't be held: ${fault}`,
		hint: `recreate ${name} with other labels; until then there are as many of it as people start`,
	};
}
