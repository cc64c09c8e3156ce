import { setTimeout as delay } from "node:timers/promises";

/** One request, as its client saw it: who answered, or what else came of it. */
export type Answer = { readonly at: number; readonly ip?: string; readonly otherwise?: string };

export type Asking = {
	/** Ends it, and gives all answers in their order. */
	readonly stop: () => Promise<readonly Answer[]>;
};

const gapMs = 5;

/** Sends one GET after the other, each on a connection of its own, until it is stopped. None is sent twice. */
export function keepAsking(url: string): Asking {
	const answers: Answer[] = [];
	let going = true;

	async function askOn(): Promise<void> {
		while (going) {
			answers.push(await ask(url));
			await delay(gapMs);
		}
	}

	const asking = askOn();
	return {
		stop: async () => {
			going = false;
			await asking;
			return answers;
		},
	};
}

export async function ask(url: string): Promise<Answer> {
	try {
		const response = await fetch(url, {
			headers: { connection: "close" },
			signal: AbortSignal.timeout(5_000),
		});
		await response.arrayBuffer();
		const at = Date.now();
		const ip = response.headers.get("x-backend-ip");
		return ip === null ? { at, otherwise: `status ${response.status}` } : { at, ip };
	} catch (thrown) {
		return { at: Date.now(), otherwise: String(thrown) };
	}
}

/** The requests that failed. Where the pool was empty before, a 503 is the right answer until its first server's. */
export function lostAmong(answers: readonly Answer[], wasEmpty: boolean): readonly Answer[] {
	const first = answers.findIndex(({ ip }) => ip !== undefined);
	const empty = wasEmpty ? (first === -1 ? answers.length : first) : 0;
	return answers.filter(({ ip, otherwise }, index) => {
		return ip === undefined && !(index < empty && otherwise === "status 503");
	});
}
