import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { InFlight } from "../admin/api.ts";
import type { Held, HoldAnswer, HoldWish } from "../admin/hold.ts";
import { serveAdmin } from "../admin/server.ts";
import { AppError } from "../errors.ts";
import { runBallast } from "../testing/run-ballast.ts";
import { adminPorts } from "../testing/status-builder.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { openText } from "./drain.ts";
import { holdText } from "./hold.ts";

let directory: TemporaryDirectory;
let controller: AsyncDisposable;
let asked: (readonly [string, HoldWish])[] = [];
/** What is in flight, one after the other, the last from then on; and whether that can be asked at all. */
let flights: InFlight[] = [];
let faults = 0;
let remarks: readonly string[] = [];

const idle: InFlight = { state: "drained", open: 0, queued: 0, replaced: [] };
const out: InFlight = { ...idle, state: "out" };
const busy: InFlight = { ...idle, open: 2, replaced: [{ pid: 42, open: 1 }], oldest: 14 };
const web: Held = {
	known: true,
	container: { id: "3f2a".repeat(16), name: "web" },
	hold: "drain",
	server: { pool: "nodes", name: "web-3f2a3f2a" },
	drainSeconds: 1,
	changed: true,
	remarks: [],
};

beforeAll(async () => {
	directory = await temporaryDirectory();
	const hold = async (name: string, wish: HoldWish): Promise<HoldAnswer> => {
		asked.push([name, wish]);
		if (name === "wbe") return { known: false, near: ["web"] };
		return { ...web, hold: wish === "ready" ? null : wish, remarks };
	};
	const inFlight = async (): Promise<InFlight> => {
		faults -= 1;
		if (faults >= 0) throw new AppError("haproxy-connection-lost", "HAProxy is being restarted");
		return (flights.length > 1 ? flights.shift() : flights[0]) ?? idle;
	};
	controller = await serveAdmin(join(directory.path, "ballast.sock"), adminPorts({ hold, inFlight }));
});
beforeEach(() => {
	[asked, flights, faults, remarks] = [[], [], 0, []];
});
afterAll(async () => {
	await controller[Symbol.asyncDispose]();
	await directory[Symbol.asyncDispose]();
});

const ballast = (...args: readonly string[]) =>
	runBallast(args, { env: { BALLAST_RUN_DIR: directory.path } });

test("drain, maint and ready say what is set now; what else a person should know is on standard error", {
	timeout: 120_000,
}, async () => {
	remarks = ["it is the last"];
	expect(await ballast("drain", "web")).toEqual({
		code: 0,
		out: "web takes no new clients; take it back with: ballast ready web\n",
		err: "note: it is the last\n",
	});
	remarks = [];
	expect(await ballast("ready", "web", "--json")).toMatchObject({
		code: 0,
		out: expect.stringContaining('"hold": null'),
	});
	expect(await ballast("maint", "web")).toMatchObject({
		code: 0,
		out: expect.stringContaining("is in maintenance"),
	});
	expect(asked).toEqual([
		["web", "drain"],
		["web", "ready"],
		["web", "maint"],
	]);
});

test("a container that there is not ends with 2, and names that come near", {
	timeout: 120_000,
}, async () => {
	expect(await ballast("drain", "--wait", "wbe")).toMatchObject({
		code: 2,
		err: 'ballast: there is no container "wbe"\n  → did you mean web?\n',
	});
});

test("drain --wait waits until nothing is in flight, takes it out, and waits once more", {
	timeout: 120_000,
}, async () => {
	flights = [{ ...idle, state: "open" }, busy, idle, { ...out, open: 1 }, out];
	expect(await ballast("drain", "--wait", "web")).toMatchObject({
		code: 0,
		out: "web is drained: nothing is in flight, and nobody is sent there\n",
	});
	expect(asked).toEqual([
		["web", "drain"],
		[web.container.id, "maint"],
	]);
	expect(flights).toEqual([out]);
});

test("at the deadline it ends with 1, and says what is still open; it stays drained", {
	timeout: 120_000,
}, async () => {
	flights = [busy];
	const { code, out: said, err } = await ballast("drain", "--wait", "--timeout", "2", "web");

	expect({ code, said }).toEqual({ code: 1, said: "" });
	expect(err).toContain("waiting for web: 2 request(s) in flight, the oldest for 14 s");
	expect(err).toContain("ballast: web is not done after 2 s: 2 request(s) in flight, the oldest for 14 s");
	expect(err).toContain("in process 42, which a reload has replaced");
	expect(err).toContain("BALLAST_HARD_STOP_AFTER");
	expect(asked).toEqual([["web", "drain"]]);
	expect(JSON.parse((await ballast("drain", "--wait", "--json", "web")).out)).toMatchObject({
		hold: "drain",
		drained: false,
		inFlight: busy,
	});
});

test("a controller or HAProxy that can't tell for a moment is asked again", {
	timeout: 120_000,
}, async () => {
	faults = 3;
	flights = [idle, out];

	expect(await ballast("drain", "--wait", "--timeout", "20", "web")).toMatchObject({ code: 0 });
});

test("what is open is said in words", () => {
	expect(openText(busy)).toBe(
		"2 request(s) in flight, the oldest for 14 s, 1 of them in process 42, which a reload has replaced",
	);
	expect(openText({ ...out, state: "drained" })).toBe(
		"nothing in flight, but HAProxy has not taken it out yet",
	);
	expect(openText({ ...idle, state: "open", open: 1, queued: 3 })).toBe(
		"1 request(s) in flight, 3 queued, and HAProxy still sends new ones",
	);
	expect(holdText({ ...web, changed: false })).toContain("takes no new clients, as before");
});
