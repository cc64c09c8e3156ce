import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { settingsInForce } from "../settings.ts";
import { badLabel, startingUp, webJoined, webRow, wellStatus } from "../testing/status-builder.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { createLogText } from "./log.ts";
import { problemsText } from "./problems.ts";
import { serversText } from "./servers.ts";
import { settingsText } from "./settings.ts";
import { statusText } from "./status.ts";

/** Without colours and without the blanks that fill a column. */
const plain = (text: string): readonly string[] =>
	stripVTControlCharacters(text)
		.split("\n")
		.map((line) => line.trimEnd());

test("the status is a table of facts", () => {
	expect(plain(statusText(wellStatus))).toEqual([
		"BALLAST",
		"state        ok",
		"serving      2 server(s) in 1 pool(s)",
		"generation   0a1b2c3d4e5f",
		"last reload  2026-01-01T00:00:00.000Z, 35 ms, pool added api and 1 more",
		"reloads      2",
		"last turn    2026-01-01T00:00:10.000Z",
		"engine       connected since 2026-01-01T00:00:00.000Z",
		"problems     none",
	]);
});

test("a status of trouble tells what is missing, and where to read on", () => {
	const text = statusText({
		...wellStatus,
		state: "degraded",
		generation: null,
		lastTurn: null,
		lastReload: null,
		engine: {
			connected: false,
			since: "2026-01-01T00:00:01.000Z",
			attempt: 3,
			cause: "no engine",
			nextTry: "2026-01-01T00:00:09.500Z",
		},
		problems: [badLabel, startingUp],
	});

	expect(plain(text).slice(1)).toEqual([
		"state        degraded",
		"serving      2 server(s) in 1 pool(s)",
		"generation   none yet",
		"last reload  none yet",
		"reloads      2",
		"last turn    none yet",
		"engine       not connected since 2026-01-01T00:00:01.000Z; attempt 3: no engine; next try 2026-01-01T00:00:09.500Z",
		"problems     1 to mend, 1 that pass by themselves; see: ballast problems",
	]);
});

test("who is held back by a person is told in the status, and has a column among the servers", () => {
	const held = [{ container: "web-1", hold: "drain" }] as const;

	expect(plain(statusText({ ...wellStatus, held }))).toContain("held back    web-1: drain");
	const [heading, ...rows] = plain(serversText([{ ...webRow, status: "DRAIN", held: "drain" }, webRow]));
	expect(heading).toContain("STATUS  SET    WEIGHT");
	expect(rows).toEqual([
		expect.stringContaining("DRAIN   drain  100"),
		expect.stringContaining("UP             100"),
	]);
});

test("old processes are told with what keeps them, and until when", () => {
	const servers = ["a", "b", "c", "d"].map((server, index) => ({
		server: `nodes/${server}`,
		open: 4 - index,
	}));
	const processes = [
		{ pid: 7, open: 10, oldest: 64, servers },
		{ pid: 8, open: 0, oldest: undefined, servers: [] },
	];
	const text = statusText({
		...wellStatus,
		reloads: { count: 3, repairs: 1 },
		oldProcesses: { endAfter: "30m", processes },
	});

	expect(plain(text).filter((line) => /^(old processes|reloads)/.test(line))).toEqual([
		"reloads        3, 1 of them to repair what HAProxy would not change",
		"old processes  2: 10 open at nodes/a, nodes/b, nodes/c and 1 more, for 64 s at most; each ends 30m after its reload at the latest",
	]);
});

test("servers are a table, as docker ps has them", () => {
	expect(plain(serversText([webRow]))).toEqual([
		"POOL   SERVER          CONTAINER  ADDRESS            STATUS  WEIGHT  NOW  TOTAL",
		"nodes  web-1-0a1b2c3d  web-1      192.168.42.3:3000  UP      100     2    41",
	]);
	expect(serversText([])).toContain("ballast problems");
});

test("the log is a line per event, its columns below each other", () => {
	const balancer = {
		...webJoined,
		role: "balancer",
		pool: "",
		name: "lb",
		address: "192.168.42.2",
		why: "started",
	};
	const textOf = createLogText();

	expect(plain(textOf([balancer, webJoined]))).toEqual([
		"2026-01-01T00:00:00.000Z  join    balancer  lb                192.168.42.2          started",
		"2026-01-01T00:00:00.000Z  join    nodes     web-1             192.168.42.3:3000     healthy",
		"",
	]);
	expect(plain(textOf([{ ...webJoined, event: "failed", why: "died, exit code 137" }]))).toEqual([
		"2026-01-01T00:00:00.000Z  failed  nodes     web-1             192.168.42.3:3000     died, exit code 137",
		"",
	]);
	expect(textOf([])).toBe("");
});

test("problems are a paragraph each: who, what, and what to do", () => {
	expect(plain(problemsText([badLabel, startingUp]))).toEqual([
		"problem web-3 (bad-label)",
		'  label ballast.port is "http", expected a port',
		"  → recreate the container",
		"",
		"notice web-4 (health-starting)",
		"  its HEALTHCHECK has not passed yet",
		"  → wait",
	]);
	expect(problemsText([])).toBe("No problems.");
});

test("settings are a table with the value in force and where it was found", () => {
	const lines = plain(
		settingsText(settingsInForce({ env: { BALLAST_PORT: "3000" }, flags: { threads: "2" } })),
	);

	expect(lines[0]).toMatch(/^ENVIRONMENT +FLAG +VALUE +FROM +DEFAULT +MEANING +EXPECTED$/);
	expect(lines).toContainEqual(expect.stringMatching(/^BALLAST_PORT +--port +3000 +BALLAST_PORT/));
	expect(lines).toContainEqual(expect.stringMatching(/^BALLAST_THREADS +--threads +2 +--threads +auto/));
	expect(lines).toContainEqual(expect.stringMatching(/^BALLAST_HTTP_PORT +--http-port +80 +default +80/));
});

describe("the exit code", () => {
	test.each([
		["bad-setting", 2],
		["bad-input", 2],
		["no-controller", 3],
		["docker-unreachable", 4],
		["docker-nonsense", 4],
		["template-broken", 1],
	])("of %s is %d", (code, exit) => {
		expect(exitCodeOf(code)).toBe(exit);
	});
});
