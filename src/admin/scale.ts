import { AppError } from "../errors.ts";
import { printable } from "../model/labels.ts";
import type { Problem } from "../model/problem.ts";
import type { ScaleDecision } from "../model/scale.ts";
import type { ScaleOrder } from "../model/scale-order.ts";

/** A pool whose size is kept: a row of `ballast scale`. */
export type ScaleRow = {
	readonly pool: string;
	/** What a person has set. */
	readonly order: ScaleOrder | null;
	/** The latest, oldest first; a row of those that hold for the same reason is one. */
	readonly decisions: readonly ScaleDecision[];
};

export type ScaleAnswer = {
	/** Whether the operator lets Ballast make and remove containers. */
	readonly on: boolean;
	/** The time at which this is told, by the clock that decisions have theirs from, and since 1970; both in milliseconds. */
	readonly clock: { readonly now: number; readonly wall: number };
	readonly pools: readonly ScaleRow[];
};

export type ScaleSources = {
	readonly on: boolean;
	readonly clock: () => ScaleAnswer["clock"];
	readonly decisions: () => ReadonlyMap<string, readonly ScaleDecision[]>;
	readonly orders: () => ReadonlyMap<string, ScaleOrder>;
	/** Sets it and lets it take effect; gives what keeps it from outliving the controller. */
	readonly order: (pool: string, order: ScaleOrder | undefined) => Promise<readonly Problem[]>;
};

export function scaleAnswer({ on, clock, decisions, orders }: ScaleSources): ScaleAnswer {
	const rows = [...decisions()].map(([pool, its]) => ({
		pool,
		order: orders().get(pool) ?? null,
		decisions: its,
	}));
	return { on, clock: clock(), pools: rows };
}

/** Throws `AppError` `bad-input` for a pool that nobody asks a size for. */
export async function setScale(
	sources: ScaleSources,
	pool: string,
	order: ScaleOrder | null,
): Promise<{ readonly remarks: readonly string[] }> {
	const known = [...sources.decisions().keys()];
	const isTakenBack = order === null && sources.orders().has(pool);
	if (!known.includes(pool) && !isTakenBack)
		throw new AppError("bad-input", `expected a pool that is scaled, got ${printable(pool)}`, {
			hint: sources.on
				? `there are: ${known.join(", ") || "none, the label scale on a container asks for it"}; what keeps another from being scaled: ballast problems`
				: "scaling is switched off; BALLAST_SCALE=on on the proxy switches it on",
		});
	const problems = await sources.order(pool, order ?? undefined);
	return { remarks: problems.map(({ message }) => message) };
}
