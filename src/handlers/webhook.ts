import pRetry, { AbortError } from "p-retry";
import { Webhook } from "standardwebhooks";
import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Announcement } from "../model/announcement.ts";
import type { Problem } from "../model/problem.ts";
import type { Deliver } from "./listener.ts";

export type WebhookParts = {
	/** How it is called; its path may be a secret. */
	readonly name: string;
	readonly url: string;
	/** `whsec_…`; undefined: it is sent without a signature. */
	readonly secret: string | undefined;
	readonly clock: Pick<Clock, "now" | "wall">;
	readonly pace?: Pace;
};

/** Milliseconds. */
export type Pace = {
	/** For one attempt. */
	readonly limit: number;
	/** Before the second attempt; doubles from one to the next, up to `longestGap`, each stretched by chance up to twofold. */
	readonly firstGap: number;
	readonly longestGap: number;
	readonly retries: number;
};

/** Three to six minutes in all. */
const patient: Pace = { limit: 10_000, firstGap: 1_000, longestGap: 60_000, retries: 8 };

/** Posts announcements as https://www.standardwebhooks.com says: the same id at each attempt, signed with its time. */
export function createWebhook(parts: WebhookParts): Deliver {
	const { pace = patient, clock } = parts;
	return async (announcement, trouble, signal) => {
		const started = clock.now();
		const outcome = await pRetry(() => post(parts, announcement, pace.limit, signal), {
			retries: pace.retries,
			minTimeout: pace.firstGap,
			maxTimeout: pace.longestGap,
			randomize: true,
			signal,
			onFailedAttempt: ({ error, retriesLeft }) => {
				if (retriesLeft > 0) trouble(undelivered(parts.name, error, true));
			},
		}).then(
			() => undefined,
			(thrown: unknown) => {
				signal.throwIfAborted();
				return undelivered(parts.name, thrown, false);
			},
		);
		return { problem: outcome, facts: { took: clock.now() - started } };
	};
}

/** Throws what is worth another attempt, or, as `AbortError`, what is not. */
async function post(
	{ url, secret, clock }: WebhookParts,
	{ id, json }: Announcement,
	limit: number,
	signal: AbortSignal,
): Promise<void> {
	const ends = new AbortController();
	using _ends = onAbort(signal, (reason) => ends.abort(reason));
	const sentAt = new Date(clock.wall());
	const status = await fetch(url, {
		method: "POST",
		redirect: "manual",
		headers: {
			"content-type": "application/json",
			"user-agent": "ballast",
			"webhook-id": id,
			"webhook-timestamp": `${Math.floor(sentAt.getTime() / 1_000)}`,
			...(secret === undefined ? {} : { "webhook-signature": new Webhook(secret).sign(id, sentAt, json) }),
		},
		body: json,
		signal: AbortSignal.any([ends.signal, AbortSignal.timeout(limit)]),
	}).then(statusOf, (thrown: unknown) => {
		throw new Error(messageOf(thrown));
	});
	if (status >= 200 && status < 300) return;
	const refusal = new Error(`it answered with status ${status}`);
	throw isPassing(status) ? refusal : new AbortError(refusal);
}

async function statusOf(response: Response): Promise<number> {
	await response.body?.cancel();
	return response.status;
}

/** The receiver is slow, busy or being mended; anything else it would refuse again. */
function isPassing(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

function undelivered(name: string, thrown: unknown, goesOn: boolean): Problem {
	const then = goesOn ? "it is tried again" : "this event is lost to it";
	return {
		code: "webhook-failed",
		severity: "problem",
		subject: name,
		message: `an event could not be delivered, ${then}: ${messageOf(thrown)}`,
		hint: "see that the receiver runs and what its log says; the URL and the secret are BALLAST_WEBHOOKS and BALLAST_WEBHOOK_SECRET",
	};
}
