import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patientClient } from "../harness/patient-client.ts";
import { remove } from "../harness/servers.ts";
import { openLongConnections } from "./long-connections.ts";
import { createStage, type Stage, stop } from "./stage.ts";
import { everyKind } from "./traffic.ts";
import { nothingLost } from "./verdict.ts";

let stage: Stage;

beforeAll(async () => {
	stage = await createStage("connections");
	await Promise.all([stage.join("serves on"), stage.join("serves on")]);
});
afterAll(async () => stage[Symbol.asyncDispose]());

/*
 * Node's servers close what was idle for 5 s. Seen to fail with `pool-purge-delay 5s`, HAProxy's default, in
 * src/render/server.ts.
 */
test("promise 9: POSTs sent 5 s after the last ones meet no connection that the app closes just then", async () => {
	const idle = { kept: 2, thinkMs: 100, fresh: 0, idle: 96, methods: "all" } as const;

	expect(await stage.load("idle for 5 s", async () => delay(41_000), idle)).toMatchObject(nothingLost);
});

/* Seen to fail with `pool-purge-delay 1s`. */
test("promise 9: after a peak, nothing is sent on connections that an app closes after four idle seconds", async () => {
	const peak = { kept: 0, thinkMs: 1, fresh: 0, slow: 400, slowMs: 500, methods: "all" } as const;
	expect(await stage.load("400 at once", async () => delay(2_000), peak)).toMatchObject(nothingLost);

	const client = patientClient(stage.proxy.url);
	const idle: number[] = [];
	for (let sent = 0; sent < 120; sent += 1) {
		idle.push(await idleBefore(client));
		await delay(50);
	}
	await client.close();
	expect(idle.filter((ms) => ms > 0).length, "some connections are kept").toBeGreaterThan(20);
	expect(idle.filter((ms) => ms > 4_000)).toEqual([]);
});

/** For how long nothing had come on the connection to the app that this request is sent on, in milliseconds; 0 on a new one. */
async function idleBefore(client: Client): Promise<number> {
	const { headers, body } = await client.request({ method: "GET", path: "/" });
	await body.dump();
	return Number(headers["x-idle-ms"] ?? 0);
}

/* Seen to fail with `hard-stop-after 1s`: the reload cut 16 requests of 6,930. */
test("promise 9: requests of four seconds outlive 20 joins and a reload", async () => {
	const slow = { ...everyKind, slow: 16, slowMs: 4_000 };
	const joined: string[] = [];
	const verdict = await stage.load(
		"20 joins",
		async () => {
			for (let join = 0; join < 10; join += 1) joined.push(await stage.join("graceful"));
			await stage.restructure();
			for (let join = 0; join < 10; join += 1) joined.push(await stage.join("graceful"));
		},
		slow,
	);
	await remove(...joined);

	expect(verdict).toMatchObject(nothingLost);
});

test("promise 9: WebSockets and event streams outlive 100 comings and goings of others, and reloads", async () => {
	const connections = await openLongConnections(stage.proxy.url, 10);
	const verdict = await stage.load("100 comings and goings", async () => {
		for (let turn = 0; turn < 10; turn += 1) {
			const guests = await Promise.all(Array.from({ length: 5 }, async () => stage.join("serves on")));
			await Promise.all([
				...guests.map((guest) => stop(guest)),
				turn % 5 === 2 ? stage.restructure() : undefined,
			]);
			await remove(...guests);
		}
	});

	expect(await connections.end()).toEqual([]);
	expect(verdict).toMatchObject(nothingLost);
});
