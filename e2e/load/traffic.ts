import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { patientClient } from "../harness/patient-client.ts";
import { createLedger, type Tally } from "./ledger.ts";

export type Traffic = {
	/** How many answers have come so far. */
	readonly answered: () => number;
	/** Lets what is in flight finish, and gives the count. */
	readonly stop: () => Promise<Tally>;
};

/** How many clients of each kind, each sending one request after the other. */
export type Mix = {
	/** Keep their connection, and think up to `thinkMs` between requests: what a careless reload resets. */
	readonly kept: number;
	readonly thinkMs: number;
	/** Open a connection for each request. */
	readonly fresh: number;
	/**
	 * Keep their connection, and ask all at about the same time, 5 s after their last answer: when Node apps close what was idle.
	 * The proxy has as many connections to servers then, and none is used in between.
	 */
	readonly idle?: number;
	/** Ask for answers that take `slowMs`, 700 by default. */
	readonly slow?: number;
	readonly slowMs?: number;
	/** GET unless it says otherwise. Half of `all` are POSTs, each with an id of its own, the others GET, HEAD and OPTIONS. */
	readonly methods?: "GET" | "all";
};

/** A bit of everything, some 300 requests a second: not much work, as clients, proxy and apps may share two cores. */
export const everyKind: Mix = {
	kept: 16,
	thinkMs: 150,
	fresh: 3,
	idle: 16,
	slow: 4,
	slowMs: 700,
	methods: "all",
};

/** The same, and each server has requests in flight at any moment. */
export const manyInFlight: Mix = { ...everyKind, slow: 24 };

/** Sends until it is stopped. No request is sent again by the client. */
export function startTraffic(url: string, mix: Mix): Traffic {
	const ledger = createLedger(mix.methods ?? "GET");
	const ended = new AbortController();
	const think = async (ms: number): Promise<unknown> =>
		delay(ms, undefined, { signal: ended.signal }).catch(() => undefined);

	async function keepAsking(kind: string, thinkMs: () => number, wish?: string): Promise<void> {
		const client = patientClient(url);
		while (!ended.signal.aborted) {
			await ledger.ask(client, kind, wish);
			await think(thinkMs());
		}
		await client.close();
	}

	/** Begins at any time: asked all at once, none would be half-way when something happens. */
	async function askSlowly(ms: number): Promise<void> {
		await think(randomInt(ms));
		await keepAsking("slow", () => randomInt(100), `ms=${ms}`);
	}

	async function askAfresh(): Promise<void> {
		while (!ended.signal.aborted) {
			const client = patientClient(url);
			await ledger.ask(client, "fresh");
			await client.close();
			await think(randomInt(20));
		}
	}

	const clients = [
		...times(mix.kept, () => keepAsking("kept", () => randomInt(mix.thinkMs))),
		...times(mix.fresh, askAfresh),
		...times(mix.idle ?? 0, () => keepAsking("idle", () => 4_980 + randomInt(40), "busy=3")),
		...times(mix.slow ?? 0, () => askSlowly(mix.slowMs ?? 700)),
	];
	return {
		answered: ledger.answered,
		stop: async () => {
			ended.abort();
			await Promise.all(clients);
			return ledger.tally();
		},
	};
}

function times(count: number, client: () => Promise<void>): readonly Promise<void>[] {
	return Array.from({ length: count }, client);
}
