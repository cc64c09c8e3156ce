import { onTestFinished } from "vitest";
import { createLog } from "../log.ts";
import type { Happening } from "../model/happening.ts";
import { runLoop } from "../reconcile/loop.ts";
import { createStatusBoard } from "../reconcile/status.ts";
import { createTrigger } from "../reconcile/trigger.ts";
import { container } from "./containers.ts";
import { settled } from "./fake-clock.ts";
import { createFakeWorld, type FakeWorld } from "./fake-world.ts";
import { passesIn } from "./passes.ts";

const times = { resync: 60_000, rest: 100, boot: 5_000 };
const well = container("a", { health: "healthy" });

/** The loop over a fake world and clock, after its first pass; it ends with the test. */
export async function looping(world: FakeWorld = createFakeWorld({ containers: [well] }), firstStart = true) {
	const { clock, reconciler, newsOfJournal } = passesIn(world, firstStart);
	newsOfJournal();
	const trigger = createTrigger(clock, 10_000);
	const status = createStatusBoard(clock);
	const lines: { readonly msg: string }[] = [];
	const log = createLog("info", { write: (line) => lines.push(JSON.parse(line)) });
	const told: Happening[] = [];
	const announce = (happenings: readonly Happening[]) => void told.push(...happenings);
	const end = new AbortController();
	const ended = runLoop({ trigger, reconciler, status, announce, clock, log, times }, end.signal);
	ended.catch(() => undefined);
	onTestFinished(() => end.abort());
	await settled();
	const reads = () => newsOfJournal().filter((line) => line.startsWith("read"));
	return { world, clock, trigger, status, lines, told, end, ended, newsOfJournal, reads };
}
