import { randomBytes } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import type { Problem } from "../model/problem.ts";
import { announced, joined } from "../testing/announcements.ts";
import { createWebhook, type Pace } from "./webhook.ts";

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string; readonly path: string };

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const swift: Pace = { limit: 5_000, firstGap: 1, longestGap: 4, retries: 4 };
const never = new AbortController().signal;
const announcement = announced(joined("web"));

/** A receiver that answers with these statuses, one after the other, the last one again and again. */
async function receiving(...statuses: readonly (number | "nothing" | "reset")[]) {
	const received: Received[] = [];
	const server = createServer(async (request, response) => {
		received.push({ headers: request.headers, body: await text(request), path: request.url ?? "" });
		answer(response, statuses[Math.min(received.length, statuses.length) - 1] ?? 200);
	});
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	onTestFinished(() => {
		server.close();
		server.closeAllConnections();
	});
	const { port } = server.address() as AddressInfo;
	return { received, url: `http://127.0.0.1:${port}/hooks/secret-path` };
}

function answer(response: ServerResponse, status: number | "nothing" | "reset"): void {
	if (status === "reset") response.destroy();
	else if (status !== "nothing") response.writeHead(status, { location: "/elsewhere" }).end("{}");
}

async function delivering(url: string, over: { secret?: undefined; pace?: Pace; signal?: AbortSignal } = {}) {
	const troubles: Problem[] = [];
	const parts = { name: "webhook 1", url, secret, clock: systemClock, pace: swift, ...over };
	const { problem } = await createWebhook(parts)(
		announcement,
		(trouble) => troubles.push(trouble),
		over.signal ?? never,
	);
	return { problem, troubles };
}

test("a receiver can verify the JSON with the secret", async () => {
	const { received, url } = await receiving(204);
	expect(await delivering(url)).toEqual({ problem: undefined, troubles: [] });

	const [{ headers, body, path } = { headers: {}, body: "", path: "" }] = received;
	expect(body).toBe(announcement.json);
	expect(path).toBe("/hooks/secret-path");
	expect(headers).toMatchObject({ "content-type": "application/json", "webhook-id": announcement.id });
	expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
	expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
});

test("without a secret there is no signature", async () => {
	const { received, url } = await receiving(200);
	await delivering(url, { secret: undefined });

	expect(received[0]?.headers["webhook-signature"]).toBeUndefined();
	expect(received[0]?.headers["webhook-id"]).toBe(announcement.id);
});

test.each([["reset"], [408], [429], [500], [503]] as const)(
	"%s is tried again, with the same id, and a problem meanwhile",
	async (status) => {
		const { received, url } = await receiving(status, status, 200);
		const { problem, troubles } = await delivering(url);

		expect(problem).toBeUndefined();
		expect(received.map(({ headers }) => headers["webhook-id"])).toEqual(Array(3).fill(announcement.id));
		expect(troubles).toHaveLength(2);
		expect(troubles[0]).toMatchObject({ code: "webhook-failed", subject: "webhook 1" });
		expect(troubles[0]?.message).toMatch(/could not be delivered, it is tried again: /);
	},
);

test.each([301, 307, 400, 401, 404, 410])("%d is final", async (status) => {
	const { received, url } = await receiving(status);
	const { problem, troubles } = await delivering(url);

	expect(problem?.message).toBe(
		`an event could not be delivered, this event is lost to it: it answered with status ${status}`,
	);
	expect(troubles).toEqual([]);
	expect(received).toHaveLength(1);
});

test("a receiver that never answers is given up in the end, and its URL is not told", async () => {
	const { received, url } = await receiving("nothing");
	const { problem } = await delivering(url, { pace: { ...swift, limit: 20, retries: 2 } });

	expect(received).toHaveLength(3);
	expect(problem?.message).toMatch(/lost to it: .*(timeout|aborted)/i);
	expect(JSON.stringify(problem)).not.toContain("secret-path");
});

test("a receiver that is not there is told by its cause", async () => {
	const { problem } = await delivering("http://127.0.0.1:1/secret-path", { pace: { ...swift, retries: 1 } });

	expect(problem?.message).toMatch(/lost to it: fetch failed: /);
	expect(JSON.stringify(problem)).not.toContain("secret-path");
});

test("promise 12: it ends at once with the controller: in an attempt that hangs, and between two", async () => {
	for (const status of ["nothing", 503] as const) {
		const { received, url } = await receiving(status);
		const end = new AbortController();
		const pace = { ...swift, firstGap: 60_000, longestGap: 60_000 };
		const delivery = delivering(url, { pace, signal: end.signal });
		delivery.catch(() => undefined);
		await vi.waitFor(() => expect(received).toHaveLength(1), 10_000);
		end.abort();

		await expect(delivery).rejects.toMatchObject({ name: "AbortError" });
	}
});
