import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { processesNamed } from "../harness/processes.ts";
import { type RunningProxy, startProxyElsewhere, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";
import { type Door, openSshDoor, openTlsDoor, type TlsDoor, volumeWith } from "./doors.ts";

let sandbox: Sandbox;
let doors: { readonly tls: TlsDoor; readonly ssh: Door };
let proxies: { readonly tls: RunningProxy; readonly ssh: RunningProxy; readonly context: RunningProxy };
let web: string;

beforeAll(async () => {
	sandbox = await createSandbox("endpoints");
	const [tls, ssh, dockerDirectory] = await Promise.all([
		openTlsDoor(sandbox),
		openSshDoor(sandbox),
		volumeWith(sandbox, "docker", contextFiles("engine", "unix:///engine/docker.sock")),
	]);
	doors = { tls, ssh };
	const variables = [`DOCKER_HOST=tcp://${tls.name}:2376`, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=/certs"];
	const byTls = [...variables.flatMap((variable) => ["-e", variable]), "-v", `${tls.keys}:/certs:ro`];
	const bySsh = [
		"-e",
		`BALLAST_DOCKER_HOST=ssh://root@${ssh.name}`,
		"-v",
		`${ssh.keys}:/home/ballast/.ssh:ro`,
	];
	const byContext = [
		...["-v", `${dockerDirectory}:/home/ballast/.docker:ro`],
		...["-v", "/var/run/docker.sock:/engine/docker.sock"],
	];
	const started = await Promise.all([
		startProxyElsewhere(sandbox, byTls, "by-tls"),
		startProxyElsewhere(sandbox, bySsh, "by-ssh"),
		startProxyElsewhere(sandbox, byContext, "by-context"),
		startWebapp(sandbox, "web"),
	]);
	proxies = { tls: started[0], ssh: started[1], context: started[2] };
	web = started[3];
});
afterAll(async () => {
	await doors.tls[Symbol.asyncDispose]();
	await sandbox[Symbol.asyncDispose]();
});

test("a container is served and leaves, whether the engine is reached by TLS, by ssh or by a Docker context", async () => {
	await Promise.all(Object.values(proxies).map(async (proxy) => answers(proxy, 200)));

	await remove(web);

	await Promise.all(Object.values(proxies).map(async (proxy) => answers(proxy, 503)));
});

test("ballast engine prints which engine is followed", async () => {
	expect(await engineOf(proxies.tls)).toBe(`tcp://${doors.tls.name}:2376`);
	expect(await engineOf(proxies.ssh)).toBe(`ssh://root@${doors.ssh.name}`);
	expect(await engineOf(proxies.context)).toBe("unix:///engine/docker.sock");
});

test("the kernel asks after a peer that is silent for 10 s, so that a machine that is gone is noticed", async () => {
	const port = (2376).toString(16).toUpperCase().padStart(4, "0");
	await eventually(async () => {
		const table = await docker("exec", proxies.tls.name, "cat", "/proc/net/tcp");
		const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
		// proc_net_tcp: 01 is established, timer 02 is keepalive; its time is in hundredths of a second.
		const open = rows.filter(([, , remote = "", state]) => remote.endsWith(`:${port}`) && state === "01");
		const timers = open.map((row) => (row[5] ?? "").split(":"));
		expect(timers.length).toBeGreaterThan(0);
		for (const [kind, left = ""] of timers) {
			expect(kind).toBe("02");
			expect(Number.parseInt(left, 16)).toBeLessThanOrEqual(1_000);
		}
	});
});

test("promise 12: no ssh outlives the controller, even one that is killed", async () => {
	const { name } = proxies.ssh;
	const ssh = async () => (await processesNamed(name, "ssh ")).map(({ pid }) => pid);
	const before = await eventually(async () => {
		const found = await ssh();
		expect(found.length).toBeGreaterThan(0);
		return found;
	});
	expect(before.length).toBeLessThanOrEqual(4);

	await docker("exec", name, "s6-svc", "-k", "/run/service/controller");

	await eventually(async () => {
		const after = await ssh();
		expect(after.length).toBeGreaterThan(0);
		expect(after.filter((pid) => before.includes(pid))).toEqual([]);
	});
});

test.concurrent.each([
	[
		"an unknown host key",
		async () => `ssh://root@${await addressOf(doors.ssh)}`,
		"is not known",
		"ssh-keyscan",
	],
	[
		"a user who may not come in",
		async () => `ssh://nobody@${doors.ssh.name}`,
		"does not let us in",
		"authorized_keys",
	],
	[
		"a socket that is not there",
		async () => `ssh://root@${doors.ssh.name}/nowhere.sock`,
		"No engine runs at",
		"start it",
	],
	[
		"a port that nobody listens at",
		async () => `ssh://root@${doors.ssh.name}:23`,
		"can't be reached",
		"sshd",
	],
	["a name that nobody has", async () => "ssh://root@nobody.invalid", "can't be reached", "sshd"],
])("ssh: %s is told in words of our own, with what to do", async (_, host, message, hint) => {
	const asked = ["ballast", "render", "--docker-host", await host()];

	const { exitCode, stderr } = await tryDocker("exec", "--user", "ballast", proxies.ssh.name, ...asked);

	expect(stderr).toContain(message);
	expect(stderr).toContain(hint);
	expect(exitCode).toBe(4);
});

test("promise 11: HAProxy's user can't read a key at /home/ballast, and where it could read one, the proxy refuses to start", async () => {
	const key = "/home/ballast/.ssh/id_ed25519";
	const read = await tryDocker("exec", "--user", "10001:10001", proxies.ssh.name, "cat", key);
	expect(read.stderr).toContain("Permission denied");

	const open = await volumeWith(sandbox, "open-keys", { "key.pem": "secret" }, "644");
	const options = ["-v", `${open}:/certs`, "-e", "DOCKER_CERT_PATH=/certs"];
	const { exitCode, stderr } = await tryDocker("run", "--rm", ...options, images.proxy);
	expect(stderr).toContain(
		"HAProxy's user (10001:10001) can read the key /certs/key.pem (mode 644, owner 10002:10002)",
	);
	expect(exitCode).toBe(1);
});

test("a way that is shut and opened again is taken again, and what has changed meanwhile is seen", async () => {
	const api = await startWebapp(sandbox, "api");
	const away = [proxies.tls, proxies.ssh];
	await Promise.all(away.map(async (proxy) => answers(proxy, 200)));

	await docker("stop", "--time", "0", doors.tls.name, doors.ssh.name);
	await Promise.all(away.map(async (proxy) => followed(proxy, false)));
	await remove(api);
	await docker("start", doors.tls.name, doors.ssh.name);

	await Promise.all(away.map(async (proxy) => answers(proxy, 503)));
	await Promise.all(away.map(async (proxy) => followed(proxy, true)));
});

/** Whether the engine's events are, by the controller's own word. */
async function followed(proxy: RunningProxy, connected: boolean): Promise<void> {
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ engine: { connected } }));
}

/** A server, if there is one: 503 says that there is none. */
async function answers({ url }: RunningProxy, status: 200 | 503): Promise<void> {
	await eventually(async () => {
		const response = await fetch(url, {
			headers: { connection: "close" },
			signal: AbortSignal.timeout(3_000),
		});
		expect(response.status).toBe(status);
	});
}

async function engineOf({ name }: RunningProxy): Promise<string> {
	return await docker("exec", "--user", "ballast", name, "ballast", "engine");
}

async function addressOf({ name }: Door): Promise<string> {
	return await docker(
		"inspect",
		"--format",
		"{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
		name,
	);
}

/** What `docker context create` and `docker context use` leave in `~/.docker`. */
function contextFiles(name: string, host: string): Readonly<Record<string, string>> {
	const id = createHash("sha256").update(name).digest("hex");
	const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } };
	return {
		"config.json": JSON.stringify({ currentContext: name }),
		[`contexts/meta/${id}/meta.json`]: JSON.stringify(meta),
	};
}
