import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, test, vi } from "vitest";
import { contractFake } from "../testing/contract-fake.ts";
import { dockerContract } from "../testing/docker-contract.ts";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker, type FakeDocker } from "../testing/fake-docker.ts";
import { createFakeSsh, type FakeSsh } from "../testing/fake-ssh.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createDockerClient } from "./client.ts";
import { parseDockerHost } from "./host.ts";
import { sshArguments } from "./ssh.ts";

const { signal } = new AbortController();
const host = "ssh://me@engine.example";
const filters = { type: ["container"], event: ["start"] } as const;

afterEach(() => {
	vi.unstubAllEnvs();
	vi.restoreAllMocks();
});

describe("by ssh, an engine", () => {
	dockerContract(async () => {
		const { docker, ssh } = await engineBySsh();
		return { ...contractFake(docker), host, [Symbol.asyncDispose]: () => endBoth(docker, ssh) };
	});
});

test("ssh never asks, gives up in time, and is told which program to run", () => {
	const ssh = parseDockerHost("ssh://me@host:2222/run/user/1000/docker.sock");
	const args = ssh.kind === "ssh" ? sshArguments(ssh).join(" ") : "";

	expect(args).toContain("-o BatchMode=yes -o ConnectTimeout=4 ");
	expect(args).toMatch(
		/ -T -l me -p 2222 -- host docker --host=unix:\/\/\/run\/user\/1000\/docker.sock system dial-stdio$/,
	);
});

test("calls that follow one another share a connection; as many as asked for at once never take more than four", async () => {
	await using engine = await engineBySsh();
	engine.docker.add({ name: "app" });
	using client = createDockerClient(host);
	const inspect = async () => client.inspect(fakeId("app"), signal);
	const warned = vi.spyOn(process, "emitWarning");

	for (let call = 0; call < 15; call += 1) await inspect();
	expect(await engine.ssh.calls()).toHaveLength(1);
	expect(warned).not.toHaveBeenCalled();

	await Promise.all(Array.from({ length: 12 }, inspect));
	expect((await engine.ssh.calls()).length).toBeLessThanOrEqual(4);
});

test("promise 12: a client that is disposed of leaves no process behind, whatever it was doing", async () => {
	await using engine = await engineBySsh();
	const client = createDockerClient(host);
	const lines = await client.events(filters, signal);
	const next = lines[Symbol.asyncIterator]().next();
	await client.list("role", signal);
	expect(await engine.ssh.running()).toBe(2);

	client[Symbol.dispose]();

	await expect(next).rejects.toMatchObject({ code: "docker-events-cut" });
	await expect.poll(engine.ssh.running).toBe(0);
});

test("promise 12: an abort ends a call at once, and its process", async () => {
	await using engine = await engineBySsh();
	engine.docker.faults.answer = { path: "/containers", never: true };
	const stopping = new AbortController();
	using client = createDockerClient(host);
	const call = client.list("role", stopping.signal);
	await expect.poll(engine.ssh.running).toBe(1);

	stopping.abort(new Error("stopping"));

	await expect(call).rejects.toThrow("stopping");
	await expect.poll(engine.ssh.running).toBe(0);
});

test("promise 12: an engine that never answers is given up after the time limit, and its process ends", async () => {
	await using engine = await engineBySsh();
	engine.docker.faults.answer = { path: "/containers", never: true };
	using client = createDockerClient(host, 1_000);

	await expect(client.list("role", signal)).rejects.toThrow(`Docker at ${host} did not answer within 1 s`);
	await expect.poll(engine.ssh.running).toBe(0);
});

test("an event stream ends when its ssh does, and the next one begins", async () => {
	await using engine = await engineBySsh();
	using client = createDockerClient(host);
	const lines = await client.events(filters, signal);
	const next = lines[Symbol.asyncIterator]().next();
	const [call] = await engine.ssh.calls();

	process.kill(call?.pid ?? Number.NaN, "SIGKILL");

	await expect(next).rejects.toMatchObject({ code: "docker-events-cut" });
	await client.events(filters, signal);
});

const changed = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key verification failed.\r\n`;

test.each([
	[
		"an unknown host key",
		"No ED25519 host key is known for [engine]:2222.\r\nHost key verification failed.\r\n",
		255,
		"docker-ssh",
		"is not known",
		"ssh-keyscan engine.example",
	],
	["a changed host key", changed, 255, "docker-ssh", "is another than known_hosts has", "made anew"],
	[
		"a refused key",
		"me@engine: Permission denied (publickey).\r\n",
		255,
		"docker-ssh",
		"does not let us in",
		"mode 600",
	],
	[
		"a key file that can't be read",
		'Load key "/home/ballast/.ssh/id_ed25519": Permission denied\r\nme@engine: Permission denied (publickey).\r\n',
		255,
		"docker-ssh",
		"does not let us in",
		"owned by user",
	],
	[
		"no docker over there",
		"bash: line 1: docker: command not found\n",
		127,
		"docker-ssh",
		"There is no program docker",
		"docker-cli",
	],
	[
		"a user without the group",
		"failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: permission denied\n",
		1,
		"docker-ssh",
		"may not use the engine",
		"group docker",
	],
	[
		"no engine over there",
		"failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory\n",
		1,
		"docker-unreachable",
		"No engine runs",
		"start it",
	],
	[
		"nobody at the port",
		"ssh: connect to host engine.example port 22: Connection refused\r\n",
		255,
		"docker-unreachable",
		"can't be reached",
		"sshd",
	],
	[
		"an unknown name",
		"ssh: Could not resolve hostname engine.example: Name or service not known\r\n",
		255,
		"docker-unreachable",
		"can't be reached",
		"sshd",
	],
	[
		"anything else",
		"\r\nsomething new\r\n",
		255,
		"docker-ssh",
		"ssh ended with exit code 255",
		"docker version",
	],
])("%s is told with what to do", async (_, says, exitCode, code, message, hint) => {
	await using ssh = await createFakeSsh({ says, exitCode });
	vi.stubEnv("PATH", ssh.directory);
	using client = createDockerClient(host);

	await expect(client.list("role", signal)).rejects.toMatchObject({
		code,
		message: expect.stringContaining(message),
		hint: expect.stringContaining(hint),
		cause: { message: says.trim().split(/\r?\n/).at(-1) },
	});
});

test("promise 12: a controller that is told to end while ssh runs ends in its own way", async () => {
	await using dir = await temporaryDirectory();
	await writeFile(join(dir.path, "ssh"), "#!/bin/sh\nkill -TERM $PPID\nexec sleep 600\n", { mode: 0o755 });
	const program = `
		import { createDockerClient } from ${JSON.stringify(join(import.meta.dirname, "client.ts"))};
		const end = new AbortController();
		process.once("SIGTERM", () => end.abort());
		using client = createDockerClient(${JSON.stringify(host)});
		await client.list("role", end.signal).catch(({ name }) => console.log(name));`;
	const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program], {
		env: { PATH: `${dir.path}:/usr/bin:/bin` },
	});

	expect(stdout).toBe("AbortError");
});

test("a machine without ssh is told so", async () => {
	vi.stubEnv("PATH", "/nowhere");
	using client = createDockerClient(host);

	await expect(client.list("role", signal)).rejects.toMatchObject({
		code: "docker-ssh",
		hint: expect.stringContaining("openssh-client"),
	});
});

async function engineBySsh() {
	const docker = await createFakeDocker();
	const ssh = await createFakeSsh({ socket: docker.host.replace("unix://", "") });
	vi.stubEnv("PATH", ssh.directory);
	return { docker, ssh, [Symbol.asyncDispose]: () => endBoth(docker, ssh) };
}

async function endBoth(docker: FakeDocker, ssh: FakeSsh): Promise<void> {
	await docker[Symbol.asyncDispose]();
	await ssh[Symbol.asyncDispose]();
}
