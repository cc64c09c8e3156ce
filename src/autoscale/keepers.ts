import type { Draft } from "../model/build.ts";
import type { LabelLanguage } from "../model/labels.ts";
import type { Problem } from "../model/problem.ts";
import type { PoolMemory, ScaleMemory } from "../model/scale-memory.ts";
import { type ScaledPool, scaledPools } from "../model/scaled-pools.ts";
import type { Keeper } from "./keeper.ts";

/** A keeper for each pool whose size is asked for, and for each that is being let go. */
export type Keepers = {
	readonly of: (pool: string) => Keeper;
	readonly all: () => ReadonlyMap<string, Keeper>;
	readonly problems: () => readonly Problem[];
	/** Of those that somebody asks a size for. */
	readonly memory: () => ScaleMemory["pools"];
	/** The pools as the latest pass has found them. Keepers that are done are forgotten. */
	readonly pools: (draft: Draft | undefined) => readonly ScaledPool[];
};

type Parts = {
	readonly language: LabelLanguage;
	readonly owner: string;
	/** By an earlier controller. */
	readonly kept: ScaleMemory["pools"];
	readonly create: (kept: PoolMemory | undefined) => Keeper;
	readonly onDone: (pool: string) => void;
};

export function createKeepers({ language, owner, kept, create, onDone }: Parts): Keepers {
	// Whose only original has failed is in no pass.
	const keepers = new Map([...kept].map(([pool, its]) => [pool, create(its)]));
	/** What the latest pass has found is looked at four times a second, and a pass is rare. */
	let latest: { readonly draft: Draft; readonly present: readonly ScaledPool[] } | undefined;

	function of(pool: string): Keeper {
		const keeper = keepers.get(pool) ?? create(undefined);
		keepers.set(pool, keeper);
		return keeper;
	}

	function pools(draft: Draft | undefined): readonly ScaledPool[] {
		if (draft === undefined) return [];
		if (latest?.draft !== draft) latest = { draft, present: scaledPools(draft.standings, language, owner) };
		const { present } = latest;
		return [...present, ...vanished(present)];
	}

	/** Where the only original has failed, somebody has to take its place. */
	function vanished(present: readonly ScaledPool[]): readonly ScaledPool[] {
		const gone = [...keepers].filter(([name]) => !present.some(({ pool }) => pool === name));
		const done = gone.filter(([, keeper]) => keeper.isDone()).map(([pool]) => pool);
		for (const pool of done) {
			keepers.delete(pool);
			onDone(pool);
		}
		const left = gone.map(([pool]) => pool).filter((pool) => !done.includes(pool));
		return left.map((pool) => ({ pool, asked: undefined, members: [], sleeping: [] }));
	}

	function memory(): ScaleMemory["pools"] {
		const kept = [...keepers].flatMap(([pool, keeper]) => {
			const its = keeper.memory();
			return its === undefined ? [] : [[pool, its] as const];
		});
		return new Map(kept);
	}

	const problems = () => [...keepers.values()].flatMap((keeper) => keeper.problems());

	return { of, all: () => keepers, problems, memory, pools };
}
