import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveAdmin } from "../admin/server.ts";
import { runBallast } from "../testing/run-ballast.ts";
import { adminPorts, badLabel, webRow, wellStatus } from "../testing/status-builder.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";

let absent: TemporaryDirectory;
let [well, troubled]: TemporaryDirectory[] = [];
let controllers: readonly AsyncDisposable[] = [];

const controllerIn = async (directory: TemporaryDirectory, isWell: boolean) =>
	await serveAdmin(
		join(directory.path, "ballast.sock"),
		adminPorts({
			status: () => (isWell ? wellStatus : { ...wellStatus, state: "degraded", problems: [badLabel] }),
			servers: async () => (isWell ? [webRow] : []),
			health: async () => ({ healthy: isWell, why: isWell ? "all is well" : "HAProxy does not answer" }),
			hand: async () => ({ handlers: 2, webhooks: 1, dropped: isWell ? 0 : 1 }),
		}),
	);

beforeAll(async () => {
	absent = await temporaryDirectory();
	const directories = [await temporaryDirectory(), await temporaryDirectory()] as const;
	[well, troubled] = directories;
	controllers = await Promise.all(
		directories.map((directory, index) => controllerIn(directory, index === 0)),
	);
});

afterAll(async () => {
	for (const thing of [...controllers, absent, well, troubled]) await thing?.[Symbol.asyncDispose]();
});

const asking = (directory: TemporaryDirectory | undefined) => ({
	env: { BALLAST_RUN_DIR: directory?.path ?? "/nonexistent" },
});

describe.concurrent("the command ends with", { timeout: 120_000 }, () => {
	test("0 and the exit codes explained, when asked for help", async () => {
		const { code, out } = await runBallast(["--help"]);

		expect(code).toBe(0);
		for (const verb of ["run", "render", "check", "status", "servers", "problems", "health", "settings"])
			expect(out).toMatch(new RegExp(`^ {2}${verb} `, "m"));
		expect(out).toContain("4  the Docker engine can't be read");
	});

	test.each([
		["an unknown verb", ["serve"], "unknown command 'serve'"],
		["an unknown flag", ["status", "--colour"], "unknown option '--colour'"],
		["an argument too many", ["status", "now"], "too many arguments"],
		["a bad setting", ["run", "--port", "http"], '--port is "http", expected a port from 1 to 65535'],
	])("2 and the reason, for %s", async (_, args, reason) => {
		const { code, out, err } = await runBallast(args);

		expect({ code, out }).toEqual({ code: 2, out: "" });
		expect(err).toContain(reason);
	});

	test("2 and every bad setting of the environment in one line", async () => {
		const { code, err } = await runBallast(["run"], { env: { BALLAST_PORT: "x", DOCKER_HOST: "http://h" } });

		expect(code).toBe(2);
		expect(err).toMatch(/^ballast: BALLAST_PORT is "x".*; DOCKER_HOST is "http:\/\/h".*\n {2}→ /);
	});

	test.each([
		["0 and the engine that a host leads to", { DOCKER_HOST: "tcp://engine" }, 0, "tcp://engine:2375\n", ""],
		[
			"4 for a Docker context that nobody knows",
			{ DOCKER_CONTEXT: "prod" },
			4,
			"",
			"There is no Docker context prod",
		],
	])("%s", async (_, env, code, out, err) => {
		const run = await runBallast(["engine"], { env: { ...env, DOCKER_CONFIG: "/nonexistent" } });

		expect(run).toEqual({ code, out, err: expect.stringContaining(err) });
	});

	test("2 for saved answers that can't be read", async () => {
		const { code, err } = await runBallast(["render", "--from", join(absent.path, "none.json")]);

		expect(code).toBe(2);
		expect(err).toContain("none.json can't be read");
	});

	test("3 and where to ask, without a controller", async () => {
		const { code, err } = await runBallast(["status"], asking(absent));

		expect(code).toBe(3);
		expect(err).toContain(`no controller answers at ${absent.path}/ballast.sock`);
		expect(err).toContain("docker exec");
	});

	test("4 and what to do, without a Docker engine", async () => {
		const { code, out, err } = await runBallast([
			"render",
			"--docker-host",
			`unix://${absent.path}/none.sock`,
		]);

		expect({ code, out }).toEqual({ code: 4, out: "" });
		expect(err).toMatch(/none\.sock[\s\S]*→/);
	});
});

describe.concurrent("a running controller is asked for", { timeout: 120_000 }, () => {
	test("its status: 0 when all is well", async () => {
		const { code, out } = await runBallast(["status"], asking(well));

		expect(code).toBe(0);
		expect(out).toMatch(/^state +ok *$/m);
	});

	test("its status: 1 when degraded, as JSON for programs, with the directory as a flag", async () => {
		const { code, out } = await runBallast(["status", "--json", "--run-dir", troubled?.path ?? ""]);

		expect(code).toBe(1);
		expect(JSON.parse(out)).toEqual({ ...wellStatus, state: "degraded", problems: [badLabel] });
	});

	test("its servers, as a table and as JSON", async () => {
		const [table, json] = await Promise.all([
			runBallast(["servers"], asking(well)),
			runBallast(["servers", "--json"], asking(well)),
		]);

		expect(table.out).toMatch(/^nodes +web-1-0a1b2c3d +web-1 +192\.168\.42\.3:3000 +UP/m);
		expect(JSON.parse(json.out)).toEqual([webRow]);
	});

	test("its problems", async () => {
		const { code, out } = await runBallast(["problems"], asking(troubled));

		expect(code).toBe(0);
		expect(out).toBe(`problem web-3 (bad-label)\n  ${badLabel.message}\n  → ${badLabel.hint}\n`);
	});

	test("its health: 0 when healthy, else 1 and why", async () => {
		const [healthy, sick] = await Promise.all([
			runBallast(["health"], asking(well)),
			runBallast(["health"], asking(troubled)),
		]);

		expect(healthy).toMatchObject({ code: 0, out: "all is well\n" });
		expect(sick).toMatchObject({ code: 1, out: "HAProxy does not answer\n" });
	});
});

describe.concurrent("without a controller, the command tells", { timeout: 120_000 }, () => {
	const file = join(import.meta.dirname, "../docker/testdata/healthy.json");
	const inspected = JSON.parse(readFileSync(file, "utf8"));

	test("the configuration that saved answers come to, problems on standard error", async () => {
		const bad = {
			...inspected,
			Id: "0".repeat(64),
			Name: "/bad",
			Config: { ...inspected.Config, Labels: { role: "backend", "ballast.port": "x" } },
		};
		const { code, out, err } = await runBallast(["render", "--from", "-"], {
			input: JSON.stringify([inspected, bad]),
		});

		expect(code).toBe(0);
		expect(out).toMatch(/^ {4}server shop-5973bacf 10\.213\.6\.2:3000 weight 100 /m);
		expect(out).not.toContain("bad");
		expect(err).toContain("problem bad (bad-label)");
	});

	test("the settings in force, but no secret", async () => {
		for (const form of [[], ["--json"]]) {
			const { out, err } = await runBallast(["settings", ...form], {
				env: { BALLAST_COOKIE_KEY: "a-secret_of-Ours" },
			});

			expect(out).toContain("16 secret characters");
			expect(out + err).not.toContain("a-secret_of-Ours");
		}
	});

	test("the settings in force, and refuses bad ones after it has shown them", async () => {
		const { code, out, err } = await runBallast(["settings", "--json"], { env: { BALLAST_PORT: "x" } });

		expect(JSON.parse(out)).toContainEqual(
			expect.objectContaining({ env: "BALLAST_PORT", text: "x", from: "BALLAST_PORT", default: "" }),
		);
		expect(code).toBe(2);
		expect(err).toContain('BALLAST_PORT is "x"');
	});
});
