import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "undici";

/** Requests counted where it matters: at the client. HAProxy's log does not show them all. */
export type Tally = {
	readonly answered: number;
	/** When those asked that were told to come back later: 503 with Retry-After. */
	readonly unserved: readonly Moment[];
	/** One text per request that got neither: when it was sent, how, and what came of it. */
	readonly lost: readonly string[];
};

/** From the request to its answer, in milliseconds since 1970. */
export type Moment = { readonly since: number; readonly until: number };

export type Traffic = {
	/** How many answers have come so far. */
	readonly answered: () => number;
	/** Lets what is in flight finish, and gives the count. */
	readonly stop: () => Promise<Tally>;
};

/** How many clients of each kind, each sending one GET after the other. */
export type Mix = {
	/** Keep their connection, and think up to `thinkMs` between requests: what a careless reload resets. */
	readonly kept: number;
	readonly thinkMs: number;
	/** Open a connection for each request. */
	readonly fresh: number;
};

/** Sends until it is stopped. No request is sent again by the client. */
export function startTraffic(url: string, { kept, thinkMs, fresh }: Mix): Traffic {
	const lost: string[] = [];
	const unserved: Moment[] = [];
	let answered = 0;
	let going = true;

	async function keepAsking(): Promise<void> {
		const client = new Client(url, { headersTimeout: 15_000 });
		while (going) {
			await ask(client, "kept");
			await delay(randomInt(thinkMs));
		}
		await client.close();
	}

	async function askAfresh(): Promise<void> {
		while (going) {
			const client = new Client(url, { headersTimeout: 15_000 });
			await ask(client, "fresh");
			await client.close();
			await delay(randomInt(20));
		}
	}

	async function ask(client: Client, kind: string): Promise<void> {
		const since = Date.now();
		try {
			const { statusCode, headers, body } = await client.request({ method: "GET", path: "/" });
			await body.dump();
			if (statusCode === 200) answered += 1;
			else if (statusCode === 503 && headers["retry-after"] !== undefined)
				unserved.push({ since, until: Date.now() });
			else throw new Error(`status ${statusCode}`);
		} catch (thrown) {
			const what = thrown instanceof Error ? thrown.message : thrown;
			lost.push(`${new Date(since).toISOString()} ${kind}: ${what}`);
		}
	}

	const clients = [...Array.from({ length: kept }, keepAsking), ...Array.from({ length: fresh }, askAfresh)];
	return {
		answered: () => answered,
		stop: async () => {
			going = false;
			await Promise.all(clients);
			return { answered, unserved, lost };
		},
	};
}
