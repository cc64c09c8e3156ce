import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect, logsOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { processesNamed } from "../harness/processes.ts";
import { ballast, problemsOf, problemWith, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";
import { receivedBy, startReceiver } from "./receiver.ts";

const inContainer = "/etc/ballast/handlers";
/** One line for each event: what came on standard input, and the essentials; and what it must not see. */
const recorder = `#!/bin/sh
read -r json
printf '%s\\t%s\\t%s\\n' "$json" "$BALLAST_EVENT $BALLAST_NAME$BALLAST_SUBJECT $BALLAST_POOL" \\
	"$BALLAST_WEBHOOK_SECRET$HOME" >>.out/recorded
`;
/** Ignores to be told to end, for two of the containers. */
const slow = `#!/bin/sh
case $BALLAST_NAME in
*-slow-[12]) trap "" TERM; sleep 7331; sleep 7332 ;;
esac
`;

/** Seconds that a handler has: enough for a container to come and go meanwhile, on a busy machine too. */
const patience = 12;

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let sandbox: Sandbox;
let proxy: RunningProxy;
let receiver: string;

beforeAll(async () => {
	sandbox = await createSandbox("handlers");
	folder = await mkdtempDisposable(join(tmpdir(), "ballast-handlers-"));
	await chmod(folder.path, 0o755);
	await mkdir(join(folder.path, ".out"));
	await chmod(join(folder.path, ".out"), 0o777);
	await handler("10-recorder.sh", recorder);
	await handler("member-join.sh", slow);
	await handler("problem/fails", "#!/bin/sh\necho $$ is not well\nexit 3\n");
	await handler("pool-filled/crlf.sh", "#!/bin/sh\r\ntrue\r\n");
	await handler("pool-filled/not-executable", "#!/bin/sh\n", 0o644);
	await handler("notes.txt~", "#!/bin/sh\n", 0o644);
	const secret = `whsec_${randomBytes(32).toString("base64")}`;
	receiver = await startReceiver(sandbox, secret);
	proxy = await startProxy(sandbox, [
		...["-v", `${folder.path}:${inContainer}`, "-e", `BALLAST_HANDLER_TIMEOUT=${patience}s`],
		...["-e", `BALLAST_WEBHOOKS=http://${receiver}:8080/a-path`, "-e", `BALLAST_WEBHOOK_SECRET=${secret}`],
	]);
	await agreeOn(proxy);
});
afterAll(async () => {
	await sandbox[Symbol.asyncDispose]();
	await folder[Symbol.asyncDispose]();
});

test("handlers are told of all that happens, in its order, and webhooks of the same", async () => {
	const [one, two, bad] = ["one", "two", "bad"].map(sandbox.nameOf);
	await eventsAre(`member-join ${proxy.name}`, "reload");
	await startWebapp(sandbox, "one", "--no-healthcheck");
	await eventsAre(`member-join ${one} nodes`, "pool-filled nodes");
	await startWebapp(sandbox, "two", "--no-healthcheck");
	await eventsAre(`member-join ${two} nodes`);
	await docker("stop", `${two}`);
	await eventsAre(`member-leave ${two} nodes`);
	await docker("kill", `${one}`);
	await eventsAre(`member-failed ${one} nodes`, "pool-empty nodes");
	await startWebapp(sandbox, "bad", "--label", "ballast.port=http");
	await eventsAre(`problem ${bad}`);
	expect(await ballast(proxy, "event", "deployed", '{"version":2}')).toEqual({
		...{ exitCode: 0, stdout: "handed to 1 handler(s) and 1 webhook(s)", stderr: "" },
	});
	await eventsAre("deployed");

	const told = await recorded();
	expect(told.map(({ unseen }) => unseen)).toEqual(told.map(() => ""));
	expect(told.map(({ json }) => json.proxy)).toEqual(
		told.map(() => ({ name: proxy.name, id: told[0]?.json.member?.id })),
	);
	expect(told[2]?.json.member).toEqual({
		...{ name: one, id: await inspect(`${one}`, ".Id"), pool: "nodes", role: "backend" },
		...{ address: expect.stringMatching(/^[\d.]+:3000$/), why: "listening" },
	});
	expect(told.find(({ json }) => json.event === "problem")?.json.problem).toMatchObject({
		code: "bad-label",
	});
	expect(told.at(-1)?.json.payload).toEqual({ version: 2 });
	await remove(`${one}`, `${two}`, `${bad}`);

	await eventually(async () => {
		const accepted = (await receivedBy(receiver)).filter(({ status }) => status === 204);
		expect(accepted.slice(0, told.length).map(({ body }) => body)).toEqual(told.map(({ text }) => text));
	});
});

test("a webhook that is refused is tried again until it is accepted, with the same id, signed each time", async () => {
	const attempts = await receivedBy(receiver);

	expect(attempts.slice(0, 4).map(({ status }) => status)).toEqual([503, 503, 204, 204]);
	expect(new Set(attempts.slice(0, 3).map(({ id }) => id)).size).toBe(1);
	expect(attempts.filter(({ verified }) => !verified)).toEqual([]);
	const log = await eventually(async () => {
		const said = await logsOf(proxy.name);
		expect(said).toContain("webhook 1 (http://");
		return said;
	});
	expect(log).not.toContain("a-path");
});

test.each([
	["problem/fails", /ended with exit code 3 on problem: \d+ is not well/, "docker exec --user 10002:10002"],
	["pool-filled/crlf.sh", /lines that end with CRLF/, "sed -i 's/\\r$//'"],
	["pool-filled/not-executable", /can't be executed by user 10002/, "chmod a+rx"],
])(
	"the handler %s has failed: a problem and a line of the log with its name and what to do",
	async (name, reason, help) => {
		const { message, hint } = await problemWith(proxy, "handler-failed", join(inContainer, name));

		expect(message).toMatch(reason);
		expect(hint).toContain(help);
		await eventually(async () => {
			const said = (await logsOf(proxy.name)).split("\n");
			const lines = said.filter((line) => line.includes(`${name}: ${message}`));
			expect(lines.map((line) => JSON.parse(line))).toEqual([
				expect.objectContaining({ level: "warn", hint }),
			]);
		});
	},
);

test("a handler that is mended is no problem any more, and one that failed on a problem has caused no other", async () => {
	await chmod(join(folder.path, "pool-filled/not-executable"), 0o755);
	await eventually(async () => expect(await failedHandlers()).toEqual(["crlf.sh", "fails"]));
	expect((await recorded()).filter(({ json }) => json.event === "problem")).toHaveLength(1);
});

test("a container joins and leaves while a handler hangs, which is ended at its time limit with all it started", async () => {
	await startWebapp(sandbox, "slow-1", "--no-healthcheck");
	const hanging = await hangs();
	const quick = await startWebapp(sandbox, "quick", "--no-healthcheck");
	await eventsInclude(`member-join ${quick} nodes`);
	await docker("kill", quick);
	await eventsInclude(`member-failed ${quick} nodes`);
	expect(await hangs()).toEqual(hanging);

	await eventually(async () => {
		expect(await logsOf(proxy.name)).toMatch(
			/member-join\.sh: the handler did not end within \d+ ms of member-join and was ended, with all that/,
		);
		expect(await processesNamed(proxy.name, "sleep 733")).toEqual([]);
	});
});

test("promise 12: a stop does not wait for a handler that hangs", async () => {
	await startWebapp(sandbox, "slow-2", "--no-healthcheck");
	await hangs();
	const started = Date.now();
	await docker("stop", "--time", "60", proxy.name);
	expect(Date.now() - started).toBeLessThan((patience - 2) * 1_000);
	await eventually(async () =>
		expect(await logsOf(proxy.name)).toContain("the controller ends; HAProxy serves on"),
	);
});

async function handler(name: string, text: string, mode = 0o755): Promise<void> {
	const path = join(folder.path, name);
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, text);
	await chmod(path, mode);
}

/** What a handler reads; which of the fields are there depends on the event. */
type Told = {
	readonly event: string;
	readonly proxy: unknown;
	readonly member?: { readonly id: string };
	readonly problem?: unknown;
	readonly payload?: unknown;
};

type Recorded = {
	readonly text: string;
	readonly json: Told;
	readonly essentials: string;
	readonly unseen: string;
};

async function recorded(): Promise<readonly Recorded[]> {
	const lines = await readFile(join(folder.path, ".out/recorded"), "utf8");
	return lines
		.trimEnd()
		.split("\n")
		.map((line) => line.split("\t"))
		.map(([text = "", essentials = "", unseen = ""]) => {
			return { text, json: JSON.parse(text), essentials: essentials.replaceAll(/ +/g, " ").trim(), unseen };
		});
}

let seen = 0;

/** Waits until these have been recorded since the last call, and no others. */
async function eventsAre(...expected: readonly string[]): Promise<void> {
	await eventually(async () => {
		const news = (await recorded()).slice(seen);
		expect(news.map(({ essentials }) => essentials)).toEqual(expected);
	});
	seen += expected.length;
}

async function eventsInclude(expected: string): Promise<void> {
	await eventually(async () => {
		expect((await recorded()).map(({ essentials }) => essentials)).toContain(expected);
	});
}

async function failedHandlers(): Promise<readonly string[]> {
	const failed = (await problemsOf(proxy)).filter(({ code }) => code === "handler-failed");
	return failed.map(({ subject }) => subject.slice(subject.lastIndexOf("/") + 1)).sort();
}

/** Waits for a handler that sleeps, and gives its processes. */
async function hangs(): Promise<readonly number[]> {
	return await eventually(async () => {
		const sleeping = await processesNamed(proxy.name, "sleep 7331");
		expect(sleeping).toHaveLength(1);
		return sleeping.map(({ pid }) => pid);
	});
}
