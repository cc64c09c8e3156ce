import { setTimeout as sleep } from "node:timers/promises";
import type { InFlight } from "../admin/api.ts";
import { askController } from "../admin/client.ts";
import type { Held } from "../admin/hold.ts";
import { AppError } from "../errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { hold, holdText, tellRemarks } from "./hold.ts";

export type DrainArguments = {
	readonly container: string;
	/** Seconds; undefined: as long as the container may take to finish. */
	readonly timeout: number | undefined;
	readonly json: boolean;
};

/** What came of the wait; `inFlight` is what was seen last. */
type Drained = { readonly drained: boolean; readonly inFlight: InFlight };

const progressMs = 1_000;

/**
 * Drains a container, waits until nothing is in flight there, and then takes it out: who stops it now loses nothing. 1 when
 * something is still open in the end; it stays drained.
 */
export async function drainAndWait(
	socket: string,
	{ container, timeout, json }: DrainArguments,
): Promise<number> {
	const held = await hold(socket, container, "drain");
	if (!json) tellRemarks(held);
	const seconds = timeout ?? held.drainSeconds;
	const waiting = { socket, held, deadline: performance.now() + seconds * 1_000 };
	const result = await emptied(waiting, json ? silence : progressOf(waiting));
	if (json) console.log(JSON.stringify({ ...held, ...result }, undefined, "\t"));
	else if (result.drained)
		console.log(`${held.container.name} is drained: nothing is in flight, and nobody is sent there`);
	else tellOpen(held, result.inFlight, seconds);
	return result.drained ? exitCodes.ok : exitCodes.no;
}

type Waiting = {
	readonly socket: string;
	readonly held: Held;
	/** By the clock of `performance`. */
	readonly deadline: number;
};

/** Twice: bound clients come until it is out, and what they have sent till then finishes. */
async function emptied(waiting: Waiting, progress: Progress): Promise<Drained> {
	const { socket, held } = waiting;
	const drained = await untilIdle(waiting, (state) => state !== "open", progress);
	if (!drained.drained) return drained;
	await persistently(waiting, () => hold(socket, held.container.id, "maint"));
	return await untilIdle(waiting, (state) => state === "out", progress);
}

async function untilIdle(
	waiting: Waiting,
	isSet: (state: InFlight["state"]) => boolean,
	progress: Progress,
): Promise<Drained> {
	const since = performance.now();
	for (;;) {
		const now = await persistently(waiting, () => look(waiting, false));
		if (isSet(now.state) && now.open + now.queued === 0) return { drained: true, inFlight: now };
		const isLate = performance.now() >= waiting.deadline;
		const aged = isLate || progress.isDue() ? await persistently(waiting, () => look(waiting, true)) : now;
		if (isLate) return { drained: false, inFlight: aged };
		if (aged !== now) progress.tell(aged);
		await sleep(gapAfter(performance.now() - since));
	}
}

/** A twentieth of the time that it has taken, so that who is soon done is soon seen, and who is not costs little. */
function gapAfter(waited: number): number {
	return Math.min(Math.max(waited / 20, 20), 500);
}

/** A controller or a HAProxy that is started again meanwhile is waited for. Throws what is still wrong at the deadline. */
async function persistently<T>({ deadline }: Waiting, act: () => Promise<T>): Promise<T> {
	for (;;) {
		try {
			return await act();
		} catch (thrown) {
			if (!(thrown instanceof AppError) || performance.now() >= deadline) throw thrown;
		}
		await sleep(50);
	}
}

/** One that never was a server has nothing in flight. */
async function look({ socket, held: { server } }: Waiting, aged: boolean): Promise<InFlight> {
	if (server === null) return { state: "out", open: 0, queued: 0, replaced: [] };
	return await askController(socket, `/in-flight/${server.pool}/${server.name}${aged ? "?aged" : ""}`);
}

type Progress = { readonly isDue: () => boolean; readonly tell: (now: InFlight) => void };

const silence: Progress = { isDue: () => false, tell: () => undefined };

/** Tells now and then how far it is. */
function progressOf({ held, deadline }: Waiting): Progress {
	let toldAt = performance.now();
	console.error(holdText(held));
	return {
		isDue: () => performance.now() - toldAt >= progressMs,
		tell: (inFlight) => {
			toldAt = performance.now();
			const left = Math.max(0, Math.ceil((deadline - toldAt) / 1_000));
			console.error(`waiting for ${held.container.name}: ${openText(inFlight)}, ${left} s left`);
		},
	};
}

function tellOpen({ container: { name } }: Held, inFlight: InFlight, seconds: number): void {
	console.error(`ballast: ${name} is not done after ${seconds} s: ${openText(inFlight)}`);
	console.error(
		`  → it stays drained: wait on with ballast drain --wait --timeout <seconds> ${name}, stop it all the same`,
	);
	console.error(
		`    (what is in flight has its stop timeout to finish), or take it back with ballast ready ${name}`,
	);
	if (inFlight.replaced.length > 0)
		console.error(
			"    what a replaced process has ends BALLAST_HARD_STOP_AFTER after the reload at the latest",
		);
	if (inFlight.open + inFlight.queued === 0 || inFlight.state === "open")
		console.error("    why HAProxy has not taken it: ballast problems");
}

/** Such as `2 request(s) in flight, the oldest for 14 s, 1 of them in process 42, which a reload has replaced`. */
export function openText({ state, open, queued, replaced, oldest }: InFlight): string {
	const isLate = state === "drained" && open + queued === 0;
	if (isLate) return "nothing in flight, but HAProxy has not taken it out yet";
	const parts = [`${open} request(s) in flight`];
	if (oldest !== undefined) parts.push(`the oldest for ${oldest} s`);
	parts.push(
		...replaced.map((one) => `${one.open} of them in process ${one.pid}, which a reload has replaced`),
	);
	if (queued > 0) parts.push(`${queued} queued`);
	if (state === "open") parts.push("and HAProxy still sends new ones");
	return parts.join(", ");
}
