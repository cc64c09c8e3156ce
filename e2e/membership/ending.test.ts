import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { hasHistory, lastLine } from "../harness/membership.ts";
import { doomed, letEnd, mortal } from "../harness/mortal.ts";
import { hasNoProblems, problemWith, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startServer, startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let stays: string;

beforeAll(async () => {
	sandbox = await createSandbox("ending");
	[proxy, stays] = await Promise.all([
		startProxy(sandbox, ["-e", "BALLAST_PORT=3000"]),
		startWebapp(sandbox, "stays"),
	]);
	await agreeOn(proxy, stays);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

type Ending = {
	/** `docker run` options. */
	readonly options?: readonly string[];
	readonly end: (container: string) => Promise<unknown>;
	/** The last line of the log. */
	readonly line: string;
};

const hungry = ["--memory", "64m", "--memory-swap", "64m"];

/** Those that are still there afterwards, and can be started again. */
const endings: Readonly<Record<string, Ending>> = {
	stopped: { end: (one) => docker("stop", one), line: "leave: told to stop (SIGTERM)" },
	killed: { end: (one) => docker("kill", one), line: "failed: told to stop (SIGKILL)" },
	finished: { end: (one) => letEnd(one, 0), line: "failed: died, exit code 0" },
	crashed: { end: (one) => letEnd(one, 3), line: "failed: died, exit code 3" },
	hungry: {
		options: hungry,
		end: (one) => letEnd(one, "hunger"),
		line: "failed: died, out of memory (oom, exit code 137)",
	},
};

/** Those that nothing is left of. */
const removals: Readonly<Record<string, Ending>> = {
	removed: { end: remove, line: "failed: told to stop (SIGKILL)" },
	"rm-stopped": {
		options: ["--rm"],
		end: (one) => docker("stop", one),
		line: "leave: told to stop (SIGTERM)",
	},
	"rm-killed": {
		options: ["--rm"],
		end: (one) => docker("kill", one),
		line: "failed: told to stop (SIGKILL)",
	},
	"rm-finished": { options: ["--rm"], end: (one) => letEnd(one, 0), line: "failed: died, exit code 0" },
	"rm-crashed": { options: ["--rm"], end: (one) => letEnd(one, 3), line: "failed: died, exit code 3" },
};

/*
 * Seen to fail without src/docker/endings.ts: those that Docker removes by itself were `leave: removed`, now one, now another.
 */
test("ten that start at once and end at once, each in its own way, are out, and the log says why", async () => {
	const all = Object.entries({ ...endings, ...removals });
	const containers = await Promise.all(
		all.map(([name, { options = [] }]) => startServer(sandbox, name, ...options, ...mortal)),
	);
	await agreeOn(proxy, stays, ...containers);

	await Promise.all(all.map(([name, { end }]) => end(sandbox.nameOf(name))));
	await agreeOn(proxy, stays);
	for (const [name, { line }] of all) {
		await hasHistory(proxy, sandbox.nameOf(name), "join: listening", line);
	}
	await hasNoProblems(proxy);
});

test("those that are still there join again when they are started", async () => {
	const ended = Object.keys(endings).map(sandbox.nameOf);
	await docker("start", ...ended);
	await agreeOn(proxy, stays, ...ended);
	for (const one of ended) expect(await lastLine(proxy, one, "join")).toMatchObject({ why: "listening" });
	await hasNoProblems(proxy);
	await remove(...ended);
	await agreeOn(proxy, stays);
});

test("an app that crashes is started by its restart policy; while Docker waits to do so, it is a problem", async () => {
	const always = ["--restart", "always"];
	const [once, looping] = await Promise.all([
		startServer(sandbox, "once", ...always, ...mortal),
		startServer(sandbox, "looping", ...always, ...doomed),
	]);
	await agreeOn(proxy, stays, once, looping);
	await Promise.all([letEnd(once, 4), letEnd(looping, 5)]);

	const { message, hint } = await problemWith(proxy, "restarting", looping);
	expect(message).toContain("exit code 5");
	expect(hint).toContain(`docker logs ${looping}`);
	expect(await lastLine(proxy, looping, "failed")).toMatchObject({ why: "died, exit code 5" });
	await remove(looping);
	await agreeOn(proxy, stays, once);
	await hasHistory(proxy, once, "join: listening", "failed: died, exit code 4", "join: listening");
	await hasNoProblems(proxy);
});
