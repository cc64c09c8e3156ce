import type { Outcome } from "../reconcile/outcome.ts";
import type { Hints } from "../reconcile/ports.ts";
import { createReconciler, type Reconciler } from "../reconcile/reconcile.ts";
import { type Circumstances, policy } from "./containers.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeWorld, type FakeWorld } from "./fake-world.ts";
import { testOptions } from "./golden.ts";

const everything: Hints = { all: true, containers: new Set(), urgent: false, look: true };
const nothing: Hints = { all: false, containers: new Set(), urgent: false, look: true };

/** A reconciler in a fake world, whose passes a test makes one by one. */
export type Passes = {
	readonly world: FakeWorld;
	readonly clock: FakeClock;
	readonly reconciler: Reconciler;
	readonly signal: AbortSignal;
	/** A full pass. */
	readonly full: () => Promise<Outcome>;
	/** A pass after the engine holds something else, as events would cause it. */
	readonly onChange: (circumstances?: Circumstances) => Promise<Outcome>;
	/** What was asked for and done since this was last called. */
	readonly newsOfJournal: () => readonly string[];
};

export function passesIn(world: FakeWorld = createFakeWorld(), firstStart = true): Passes {
	const clock = createFakeClock();
	const { signal } = new AbortController();
	const reconciler = createReconciler(world.ports, clock, { policy, options: testOptions, firstStart });
	let told = 0;
	return {
		world,
		clock,
		reconciler,
		signal,
		full: () => completed(reconciler.pass(everything, signal, signal)),
		onChange: async (circumstances) => {
			if (circumstances !== undefined) world.holds(circumstances);
			// The rest after a reload.
			await clock.advance(100);
			return await completed(reconciler.pass(nothing, signal, signal));
		},
		newsOfJournal: () => {
			const news = world.journal.slice(told);
			told = world.journal.length;
			return news;
		},
	};
}

async function completed(pass: ReturnType<Reconciler["pass"]>): Promise<Outcome> {
	const outcome = await pass;
	if (outcome === undefined) throw new Error("the pass was overtaken");
	return outcome;
}

/** The names of the containers that are served, in the fleet's order. */
export function servedIn({ fleet }: Pick<Outcome, "fleet">): readonly string[] {
	return (fleet?.pools ?? []).flatMap(({ servers }) => servers.map(({ container }) => container.name));
}
