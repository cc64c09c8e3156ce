import { AppError } from "../errors.ts";
import { emptyFleet, type Fleet } from "./fleet.ts";
import type { MembershipEvent, ScaleEvent } from "./membership.ts";
import type { Problem } from "./problem.ts";
import type { ReloadReason, Step } from "./step.ts";

/** Something that event handlers and webhooks are told of. */
export type Happening =
	| { readonly kind: "member"; readonly event: MemberEventName; readonly member: MembershipEvent }
	| { readonly kind: "scaling"; readonly event: ScaleEvent["event"]; readonly member: ScaleEvent }
	| {
			readonly kind: "pool";
			readonly event: "pool-empty" | "pool-filled";
			readonly pool: string;
			readonly why: string;
	  }
	| {
			readonly kind: "reload";
			readonly event: "reload";
			readonly generation: string;
			readonly reasons: readonly ReloadReason[];
	  }
	| { readonly kind: "problem"; readonly event: "problem"; readonly problem: Problem }
	/** `ballast event <name>`; the payload as it was given. */
	| { readonly kind: "own"; readonly event: string; readonly payload: string | undefined };

/** To how many an event was handed; `dropped`: how many are so far behind that they will not be told. */
export type Handed = { readonly handlers: number; readonly webhooks: number; readonly dropped: number };

type MemberEventName = "member-join" | "member-leave" | "member-failed";

/** Every event that is not somebody's own. */
export const eventNames = [
	...["member-join", "member-leave", "member-failed", "scale-up", "scale-down"],
	...["pool-empty", "pool-filled", "reload", "problem"],
] as const;

/** What a pass came to: the part of an `Outcome` that happenings are made of. */
type Result = {
	readonly fleet: Fleet | undefined;
	readonly generation: string | undefined;
	readonly steps: readonly Step[];
	readonly changes: readonly MembershipEvent[];
};

/**
 * What is to be told of a pass: who went and who came, pools that became empty or filled by it, a reload.
 *
 * @param news the problems that are new with this pass
 */
export function happeningsOf(result: Result, news: readonly Problem[]): readonly Happening[] {
	return [
		...result.changes.map((member) => ({ kind: "member", event: `member-${member.event}`, member }) as const),
		...poolHappenings(result.fleet ?? emptyFleet, result.changes),
		...result.steps.flatMap((step): readonly Happening[] => {
			if (step.kind !== "reload") return [];
			return [
				{ kind: "reload", event: "reload", generation: result.generation ?? "", reasons: step.reasons },
			];
		}),
		...problemHappenings(news),
	];
}

/** What scaling did is told by its own names; that containers join and leave by it is told besides. */
export function scaleHappenings(events: readonly ScaleEvent[]): readonly Happening[] {
	return events.map((member) => ({ kind: "scaling", event: member.event, member }));
}

export function problemHappenings(news: readonly Problem[]): readonly Happening[] {
	return news
		.filter(({ severity }) => severity === "problem")
		.map((problem) => ({ kind: "problem", event: "problem", problem }));
}

/** How full a pool was follows from how full it is, and from who came and went. A pool that is gone is an empty one. */
function poolHappenings(fleet: Fleet, changes: readonly MembershipEvent[]): readonly Happening[] {
	const sizes = new Map(fleet.pools.map(({ name, servers }) => [name, servers.length]));
	const servers = changes.filter(({ role }) => role === "backend");
	return [...Map.groupBy(servers, ({ pool }) => pool)].flatMap(([pool, its]): readonly Happening[] => {
		const joined = its.filter(({ event }) => event === "join");
		const left = its.filter(({ event }) => event !== "join");
		const is = sizes.get(pool) ?? 0;
		const was = is - joined.length + left.length;
		if (was > 0 && is === 0) return [{ kind: "pool", event: "pool-empty", pool, why: whyOf(left) }];
		if (was === 0 && is > 0) return [{ kind: "pool", event: "pool-filled", pool, why: whyOf(joined) }];
		return [];
	});
}

function whyOf(changes: readonly MembershipEvent[]): string {
	return changes.map(({ name, why }) => `${name}: ${why}`).join("; ");
}

/** Bytes. It has to fit into an environment variable, and into what receivers of webhooks take. */
const largestPayload = 16 * 1024;

/** An event of somebody's own. Throws `AppError` `bad-input` for a name or payload that is not allowed. */
export function ownHappening(name: string, payload: string | undefined): Happening {
	if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
		throw new AppError(
			"bad-input",
			`the event's name is ${JSON.stringify(name)}, expected a-z, 0-9 and dashes`,
			{ hint: "for example: ballast event deployed" },
		);
	}
	if (eventNames.some((known) => known === name)) {
		throw new AppError("bad-input", `the event ${name} is one of Ballast's own`, {
			hint: `choose another name; taken are ${eventNames.join(", ")}`,
		});
	}
	const size = new TextEncoder().encode(payload).length;
	if (size > largestPayload) {
		throw new AppError("bad-input", `the payload has ${size} bytes, expected ${largestPayload} at most`, {
			hint: "send where it can be found in place of it",
		});
	}
	return { kind: "own", event: name, payload };
}
