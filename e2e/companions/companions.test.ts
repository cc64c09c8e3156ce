import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, inspect, logsOf, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { flavours, mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import { type Process, processesOf } from "../harness/processes.ts";
import { joinLabelOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { type CompanionFiles, script, volumeOf } from "./services.ts";

const none = "0000000000000000";

/** Each `sleep` tells by its argument whose it is. */
const right: CompanionFiles = {
	"quiet/run": script("echo quiet has started", "exec sleep 1001"),
	"chosen/run": script("exec sleep 1002"),
	"chosen/user": "4711:4712\n",
	"logged/run": script("echo said", "echo muttered >&2", "exec sleep 1003"),
	"logged/log/run": script('exec sed -u "s/^/logged by $(id -u): /"'),
	"ending/run": script("exec sleep 1004"),
	"ending/finish": script('echo "finished as $(id -u) after signal $2"'),
	"deaf/run": script("trap '' TERM", "sleep 1005 & wait", "while :; do sleep 1; done"),
	"deaf/timeout-kill": "500\n",
	"crashing/run": script("echo here I go again", "exit 3"),
	"program/run": "#!/usr/bin/env node\nsetInterval(() => undefined, 1e6)\n",
};

const wrong: CompanionFiles = {
	"windows/run": "#!/bin/sh\r\nexec sleep 2000\r\n",
	"unwilling/run": { text: script("exec sleep 2000"), mode: 0o644 },
	"snake/run": "#!/usr/bin/python3\n",
	"snake-env/run": "#!/usr/bin/env python3\n",
	"prose/run": "Sleep for a while.\n",
	"idle/README": "Nothing to run.\n",
	"two words/run": script("exec sleep 2000"),
	"root/run": script("exec sleep 2000"),
	"root/user": "0:0",
	"as-haproxy/run": script("exec sleep 2000"),
	"as-haproxy/user": "10001:10001",
	"haproxy/run": script("exec sleep 2000"),
	"webapp/run": script("exec sleep 2000"),
};

const complaints = [
	/the companion windows is not started: \S+\/windows\/run has Windows line ends\. .*\bsed -i 's\/\\r\$\/\/'/,
	/the companion unwilling is not started: \S+\/unwilling\/run can't be executed by user \S+ its mode is 644\. Try chmod 755/,
	/the companion snake is not started: \S+\/snake\/run wants the interpreter \/usr\/bin\/python3, which this image does not have/,
	/the companion snake-env is not started: \S+ wants the interpreter python3,/,
	/the companion prose is not started: \S+ is neither a script nor a program/,
	/the companion idle is not started: it has no file \S+\/idle\/run/,
	/the companion two words is not started: s6 can't take its name/,
	/the companion root is not started: its file user says "0:0"/,
	/the companion as-haproxy is not started: its file user says "10001:10001"/,
	/the companion (haproxy|webapp) is not started: a service of ours has the same name/,
];

const kinds = {
	"the proxy, plain,": { image: "proxy", options: flavours.plain },
	"the proxy, hardened,": { image: "proxy", options: flavours.hardened },
	"the webapp, plain,": { image: "webapp", options: flavours.plain },
	"the webapp, hardened,": {
		image: "webapp",
		options: [
			"--read-only",
			"--cap-drop",
			"ALL",
			"--security-opt",
			"no-new-privileges",
			"--tmpfs",
			"/run/service:exec,uid=10003",
		],
	},
} as const;
type Kind = keyof typeof kinds;

/** Stands before the image's own `cp`. */
const slowDisk = { cp: script('case "$*" in -RL*/large*) sleep 60 ;; esac', 'exec /usr/bin/cp "$@"') };

let sandbox: Sandbox;
let burdened: string;
const containers = new Map<Kind, string>();

beforeAll(async () => {
	sandbox = await createSandbox("companions");
	const volume = await volumeOf(sandbox, "services", { ...right, ...wrong });
	const mounts = ["-v", `${volume}:/etc/ballast/services:ro`, ...mountEngineSocket];
	const label = ["-e", `BALLAST_JOIN_LABEL=${joinLabelOf(sandbox)}`];
	const others = startBurdened();
	await Promise.all(
		(Object.keys(kinds) as Kind[]).map(async (kind) => {
			const { image, options } = kinds[kind];
			const name = kind.replaceAll(/[ ,]+/g, "-");
			containers.set(kind, await sandbox.run(name, ...options, ...mounts, ...label, images[image]));
		}),
	);
	burdened = await others;
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

describe.each(Object.keys(kinds) as Kind[])("in %s", (kind) => {
	const users =
		kinds[kind].image === "webapp"
			? { usual: 10003, chosen: [10003, 10003] }
			: { usual: 65534, chosen: [4711, 4712] };
	let container: string;

	beforeAll(async () => {
		container = containers.get(kind) ?? "";
		await eventually(async () => expect(await sleepers(container)).toHaveLength(4));
	});

	test("promise 11: companions run as users of their own, in no other group, without capabilities", async () => {
		const running = await sleepers(container);
		for (const { capabilities, groups } of running) {
			expect(capabilities).toMatchObject({
				inherited: none,
				permitted: none,
				effective: none,
				ambient: none,
			});
			expect(groups.filter((group) => group !== users.usual)).toEqual([]);
		}
		expect(running.map(idsBySleep).toSorted()).toEqual(
			[
				`1001 ${users.usual}:${users.usual}`,
				`1002 ${users.chosen.join(":")}`,
				`1003 ${users.usual}:${users.usual}`,
				`1004 ${users.usual}:${users.usual}`,
			].toSorted(),
		);
	});

	test("one that is killed is started again, and nothing else is", async () => {
		const before = await lastingPids(container);
		await sh(container, `kill -KILL ${before.get("sleep 1004")}`);
		await eventually(async () => {
			const after = await pids(container);
			expect(after.get("sleep 1004")).toBeDefined();
			const changed = [...before.keys()].filter((command) => after.get(command) !== before.get(command));
			expect(changed).toEqual(["sleep 1004"]);
		});
		await hasSaid(container, `finished as ${users.usual} after signal 9`);
	});

	test("a log of its own gets all it says", async () => {
		await hasSaid(container, `logged by ${users.usual}: said`);
		await hasSaid(container, `logged by ${users.usual}: muttered`);
		await hasSaid(container, "quiet has started");
	});

	test("what can't be started is told once each, with its file and what to do", async () => {
		await eventually(async () => {
			const said = (await logsOf(container)).split("\n");
			const lines = said.filter((line) => line.includes(" is not started: "));
			for (const complaint of complaints)
				expect(
					lines.filter((line) => complaint.test(line)),
					`${complaint}`,
				).toHaveLength(1);
		});
	});

	test("one that keeps crashing is held back, and said to be", async () => {
		await eventually(async () =>
			expect(await logsOf(container)).toMatch(
				/companion crashing has ended 5 times or more .* with exitcode 3;/,
			),
		);
		expect((await logsOf(container)).match(/here I go again/g)).toHaveLength(5);
	});
});

test("they are all back at a container's next start, and `docker stop` ends in time what does not listen", async () => {
	await Promise.all(
		[...containers.values()].map(async (container) => {
			await docker("stop", "--time", "20", container);
			expect(await inspect(container, ".State.ExitCode")).toBe(0);
			await docker("start", container);
			await eventually(async () => expect(await sleepers(container)).toHaveLength(4));
		}),
	);
});

test("promise 11: what HAProxy's user could write is not started, but read-only it is", async () => {
	const text = script("echo mine runs", "exec sleep 3001");
	const services = await volumeOf(sandbox, "planted", { "mine/run": { text, owner: 10001 } });
	const [writable, readOnly] = await Promise.all(
		["", ":ro"].map(async (mode, at) =>
			sandbox.run(`planted-${at}`, "-v", `${services}:/etc/ballast/services${mode}`, images.proxy),
		),
	);
	await hasSaid(readOnly ?? "", "mine runs");
	await hasSaid(writable ?? "", "HAProxy's user 10001 can write /etc/ballast/services/mine/run");
});

test("what takes too long to copy is left out with a line that says so, and all else starts", async () => {
	await hasSaid(burdened, "small has started");
	const complaint = /companion large is not started: to read \S+\/large takes too long/g;
	await eventually(async () => expect((await logsOf(burdened)).match(complaint)).toHaveLength(1));
});

async function hasSaid(container: string, text: string): Promise<void> {
	await eventually(async () => expect(await logsOf(container)).toContain(text));
}

async function startBurdened(): Promise<string> {
	const files = {
		"large/run": script("exec sleep 2000"),
		"small/run": script("echo small has started", "exec sleep 2000"),
	};
	const [services, bin] = [
		await volumeOf(sandbox, "burden", files),
		await volumeOf(sandbox, "slow", slowDisk),
	];
	const path = "/slow:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const mounts = ["-v", `${services}:/etc/ballast/services:ro`, "-v", `${bin}:/slow:ro`];
	return await sandbox.run("burdened", ...mounts, "-e", `PATH=${path}`, images.webapp);
}

async function sleepers(container: string): Promise<readonly Process[]> {
	return (await processesOf(container)).filter(({ command }) => /^sleep 100[1-4]/.test(command));
}

function idsBySleep({ command, uids, gids }: Process): string {
	return `${command.slice("sleep ".length).trim()} ${uids[0]}:${gids[0]}`;
}

/** Once nothing comes and goes any more by itself. */
async function lastingPids(container: string): Promise<ReadonlyMap<string, number>> {
	return await eventually(async () => {
		const before = await pids(container);
		expect(await pids(container)).toEqual(before);
		return before;
	});
}

/** Of all that should go on while another dies. */
async function pids(container: string): Promise<ReadonlyMap<string, number>> {
	const lasting = (await processesOf(container)).filter(({ command }) =>
		/^(sleep 100[1-4]|s6-(svscan|supervise) |node|\/usr\/sbin)/.test(command),
	);
	return new Map(lasting.map(({ command, pid }) => [command.trim(), pid]));
}
