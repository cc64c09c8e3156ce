import { randomInt, randomUUID } from "node:crypto";
import type { Client } from "undici";

/** Requests counted where it matters: at the client. HAProxy's log does not show them all. */
export type Tally = {
	readonly answered: number;
	/** When those asked that were told to come back later: 503 with Retry-After. */
	readonly unserved: readonly (Loss & Moment)[];
	/** Those that got neither. */
	readonly lost: readonly Loss[];
	/** The ids of the POSTs that were answered. */
	readonly posted: readonly string[];
};

/** From the request to its answer, in milliseconds since 1970. */
export type Moment = { readonly since: number; readonly until: number };

export type Loss = {
	/** When it was sent, and after how many milliseconds it was lost. */
	readonly at: string;
	readonly after: number;
	/** Of client. */
	readonly kind: string;
	readonly method: string;
	/** Of a POST. */
	readonly id: string | undefined;
	readonly why: string;
};

export type Ledger = {
	/** Sends one request of a kind of client, and books what comes of it. `wish`: what the app shall do, as a query: `ms=700`. */
	readonly ask: (client: Client, kind: string, wish?: string) => Promise<void>;
	readonly answered: () => number;
	readonly tally: () => Tally;
};

/** Half of `all` methods are POSTs, the others safe ones. */
export function createLedger(methods: "GET" | "all"): Ledger {
	const lost: Loss[] = [];
	const unserved: (Loss & Moment)[] = [];
	const posted: string[] = [];
	let answered = 0;

	async function ask(client: Client, kind: string, wish = ""): Promise<void> {
		const request = methods === "all" ? anyRequest(wish) : get(wish);
		const since = Date.now();
		const loss = (why: string): Loss => {
			const [at, after] = [new Date(since).toISOString(), Date.now() - since];
			return { at, after, kind, method: request.method, id: request.body, why };
		};
		try {
			const refusal = await refusalOf(client, request);
			if (refusal !== undefined) return void unserved.push({ ...loss(refusal), since, until: Date.now() });
			answered += 1;
			if (request.body !== undefined) posted.push(request.body);
		} catch (thrown) {
			lost.push(loss(thrown instanceof Error ? thrown.message : `${thrown}`));
		}
	}

	return { ask, answered: () => answered, tally: () => ({ answered, unserved, lost, posted }) };
}

/** The body of a POST is its id. */
type Request = {
	readonly method: "GET" | "HEAD" | "OPTIONS" | "POST";
	readonly path: string;
	readonly body?: string;
};

const safeMethods = ["GET", "GET", "HEAD", "OPTIONS"] as const;

function anyRequest(wish: string): Request {
	const id = randomUUID();
	if (randomInt(2) === 0) return { method: "POST", path: `/?id=${id}&${wish}`, body: id };
	return { ...get(wish), method: safeMethods[randomInt(safeMethods.length)] ?? "GET" };
}

function get(wish: string): Request {
	return { method: "GET", path: wish === "" ? "/" : `/?${wish}` };
}

/** What it was told, when it was told to come back later; throws where there was no good answer at all. */
async function refusalOf(client: Client, { method, path, body: id }: Request): Promise<string | undefined> {
	const { statusCode, headers, body } = await client.request({ method, path, body: id ?? null });
	const text = await body.text();
	if (statusCode === 503 && headers["retry-after"] !== undefined) return `503 ${text.slice(0, 200)}`;
	if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text.slice(0, 200)}`);
	return undefined;
}
