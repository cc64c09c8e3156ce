import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { PoolLoad } from "../model/pool-load.ts";
import type { ScalePolicy } from "../model/scale-policy.ts";
import type { Asked, ScaledMember } from "../model/scaled-pools.ts";
import type { Usage } from "../model/usage.ts";
import { readyOf } from "./counts.ts";
import type { Place } from "./crew.ts";
import type { UsagePort } from "./ports.ts";

/** What the containers of one pool use of the processors. */
export type Processors = {
	/** Has them measured where the policy counts it and the last time is long enough ago, and does not wait for it. */
	readonly follow: (
		policy: ScalePolicy,
		place: Place,
		load: PoolLoad | undefined,
		signal: AbortSignal,
	) => void;
	/** The mean of those that are ready, as a share from 0 to 1; undefined where it is not known of each of them. */
	readonly share: () => number | undefined;
	/** The engine has told of late, and is not known to refuse. */
	readonly canTell: () => boolean;
};

type Parts = { readonly usage: UsagePort; readonly clock: Clock; readonly log: Pick<Log, "warn"> };

/** A container's latest usage, when we heard of it, and the share that it comes to with the one before. */
type Measured = { readonly usage: Usage; readonly at: number; readonly share: number | undefined };

/** Between two rounds; at least so many times what the last one took, as an answer costs the engine some milliseconds. */
const [restMs, restTimes] = [2_000, 4];
/** A share of before is not one of now, in milliseconds. */
const staleMs = 10_000;
/** What lies further apart says less of now than the law looks back, in milliseconds. */
const longestMs = 30_000;
const deniedMs = 60_000;

export function createProcessors({ usage, clock, log }: Parts): Processors {
	/** By container and start: one that is started again begins anew. */
	let known: ReadonlyMap<string, Measured> = new Map();
	let ready: readonly ScaledMember[] = [];
	let [isAsking, canTell, nextAt] = [false, false, Number.NEGATIVE_INFINITY];
	let told: string | undefined;

	const follow: Processors["follow"] = (policy, { pool, members }, load, signal) => {
		// Where the load decides nothing, nobody is asked.
		const counts = policy.cpu !== undefined && policy.min < policy.max;
		ready = counts ? readyOf(members, load) : [];
		// Newcomers are measured before they are ready: else the others' mean would stand for them as well.
		const running = members.filter(({ container }) => counts && container.state === "running");
		if (isAsking || running.length === 0 || clock.now() < nextAt) return;
		void measure(pool, running, signal);
	};

	async function measure(pool: string, members: readonly ScaledMember[], signal: AbortSignal): Promise<void> {
		isAsking = true;
		const began = clock.now();
		const answer = await usage(
			members.map(({ container }) => container.id),
			signal,
		).catch((thrown: unknown) => ({ kind: "failed", message: messageOf(thrown) }) as const);
		const now = clock.now();
		isAsking = false;
		nextAt = now + (answer.kind === "denied" ? deniedMs : Math.max(restMs, restTimes * (now - began)));
		if (answer.kind === "told") return heed(members, answer.usages, now);
		if (answer.kind === "denied") canTell = false;
		if (signal.aborted || answer.message === told) return;
		told = answer.message;
		log.warn({ pool }, `what its containers use of the processors is not known: ${told}`);
	}

	function heed(members: readonly ScaledMember[], usages: ReadonlyMap<string, Usage>, at: number): void {
		const measured = members.flatMap((member) => {
			const of = usages.get(member.container.id);
			const key = keyOf(member);
			return of === undefined ? [] : [[key, measuredOf(member, known.get(key)?.usage, of, at)] as const];
		});
		known = new Map(measured);
		canTell ||= measured.length > 0;
		told = undefined;
	}

	function shareOf(member: ScaledMember): number | undefined {
		const measured = known.get(keyOf(member));
		return measured !== undefined && clock.now() - measured.at <= staleMs ? measured.share : undefined;
	}

	return {
		follow,
		share: () => {
			const shares = ready.map(shareOf).filter((share) => share !== undefined);
			const isWhole = shares.length === ready.length && shares.length > 0;
			return isWhole ? shares.reduce((sum, share) => sum + share, 0) / shares.length : undefined;
		},
		canTell: () => canTell,
	};
}

/** By default it counts as long as the engine tells; what a label asks for and is not known lets none be taken away. */
export function countedBy({ policy, wishes }: Asked, { canTell }: Pick<Processors, "canTell">): ScalePolicy {
	if (wishes["scale.cpu"] !== undefined || canTell()) return policy;
	const { cpu: _, ...others } = policy;
	return others;
}

function keyOf({ container: { id, startedAt } }: ScaledMember): string {
	return `${id} ${startedAt}`;
}

/** Nothing comes of a counter that has begun anew, nor of a clock of the engine's that was set back. */
function measuredOf(
	{ container }: ScaledMember,
	before: Usage | undefined,
	usage: Usage,
	at: number,
): Measured {
	const [ms, usedMs] = before === undefined ? [0, 0] : [usage.at - before.at, usage.usedMs - before.usedMs];
	const isSpan = ms > 0 && ms <= longestMs && usedMs >= 0;
	const limit = Math.min(container.processors ?? usage.machine, usage.machine);
	// Within one of the kernel's periods it may be a little more than the limit.
	return { usage, at, share: isSpan ? Math.min(1, usedMs / ms / limit) : undefined };
}
