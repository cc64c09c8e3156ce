import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { EngineSettings } from "../../src/docker/locate.ts";
import { createAuthority } from "../../src/testing/certificates.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../src/testing/temporary-directory.ts";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** Another way to the engine of the tests: a container that passes every byte on to its socket. */
export type Door = {
	/** The container's name, and its host name in the sandbox's network. */
	readonly name: string;
	/** What a client needs to get in, in a volume, for user 10002 alone. */
	readonly keys: string;
};

export type TlsDoor = Door &
	AsyncDisposable & {
		/** How this machine gets in. */
		readonly settings: EngineSettings;
	};

/** By TCP with TLS, for those whom its authority has signed. */
export async function openTlsDoor(sandbox: Sandbox): Promise<TlsDoor> {
	const name = sandbox.nameOf("tls");
	const authority = createAuthority();
	const server = authority.issue({ names: [name, "127.0.0.1"] });
	const client = authority.issue({ names: ["ballast"] });
	const files = { "ca.pem": authority.pem, "cert.pem": client.cert, "key.pem": client.key };
	const keys = await volumeWith(sandbox, "tls-keys", files);
	const secrets = { CA: authority.pem, CERT: server.cert, KEY: server.key };
	await sandbox.run(
		"tls",
		...["-p", "127.0.0.1::2376", ...mountEngineSocket],
		...Object.entries(secrets).flatMap(([variable, pem]) => ["-e", `${variable}=${pem}`]),
		...[images.base, "node", "--eval", tlsRelay],
	);
	const [local = ""] = (await docker("port", name, "2376/tcp")).split("\n");
	const directory = await directoryWith(files);
	const host = { dockerHost: `tcp://${local}`, dockerContext: undefined, dockerTlsVerify: true };
	const settings = { ...host, dockerConfig: directory.path, dockerCertPath: undefined };
	return { name, keys, settings, [Symbol.asyncDispose]: directory[Symbol.asyncDispose] };
}

const tlsRelay = `
	const { connect } = require("node:net");
	const { CA, CERT, KEY } = process.env;
	const options = { ca: CA, cert: CERT, key: KEY, requestCert: true, rejectUnauthorized: true };
	const server = require("node:tls").createServer(options, (client) => {
		const engine = connect("/var/run/docker.sock");
		client.pipe(engine).pipe(client);
		client.on("close", () => engine.destroy()).on("error", () => undefined);
		engine.on("close", () => client.destroy()).on("error", () => undefined);
	});
	server.on("tlsClientError", () => undefined).listen(2376);
	process.once("SIGTERM", () => process.exit());`;

/** By ssh, as root. */
export async function openSshDoor(sandbox: Sandbox): Promise<Door> {
	const build = ["--quiet", "--build-arg", `BASE=${images.base}`, "--tag", images.sshd];
	await docker("build", ...build, "--file", "e2e/endpoints/Dockerfile", ".");
	const name = sandbox.nameOf("ssh");
	const keys = await sandbox.volume("ssh-keys");
	await sandbox.run(
		"ssh",
		"--hostname",
		name,
		"-v",
		`${keys}:/keys`,
		...mountEngineSocket,
		images.sshd,
		"sh",
		"-euc",
		letIn,
	);
	await eventually(async () => docker("exec", name, "grep", "-q", name, "/keys/known_hosts"));
	return { name, keys };
}

/** Writes into /keys what a client needs at ~/.ssh, and serves. A machine that is started again keeps its keys. */
const letIn = `
	ssh-keygen -A >/dev/null
	if [ ! -e /keys/known_hosts ]; then
		mkdir -p /run/sshd /root/.ssh
		ssh-keygen -q -t ed25519 -N "" -f /keys/id_ed25519
		cp /keys/id_ed25519.pub /root/.ssh/authorized_keys
		chown -R 10002:10002 /keys
		chmod 700 /keys
		echo "$(hostname) $(cat /etc/ssh/ssh_host_ed25519_key.pub)" >/keys/known_hosts
	fi
	exec /usr/sbin/sshd -D -e`;

type Files = Readonly<Record<string, string>>;

/** A volume with these files, by path, readable for user 10002 alone. Gives its name. */
export async function volumeWith(
	sandbox: Sandbox,
	name: string,
	files: Files,
	mode = "600",
): Promise<string> {
	const volume = await sandbox.volume(name);
	const write = `
		const { mkdirSync, writeFileSync } = require("node:fs");
		const { dirname, join } = require("node:path");
		for (const [path, text] of Object.entries(JSON.parse(require("node:fs").readFileSync(0, "utf8")))) {
			mkdirSync(dirname(join("/files", path)), { recursive: true });
			writeFileSync(join("/files", path), text, { mode: 0o${mode} });
		}
		require("node:child_process").execFileSync("chown", ["-R", "10002:10002", "/files"]);`;
	const run = ["run", "--rm", "-i", "-v", `${volume}:/files`, images.base, "node", "--eval", write];
	await execa("docker", run, { input: JSON.stringify(files) });
	return volume;
}

/** A directory with a program `ssh` that is the one in a container: so this machine needs none, and no key of ours. */
export async function sshOf(container: string): Promise<TemporaryDirectory> {
	const { stdout: cli } = await execa("sh", ["-c", "command -v docker"]);
	const program = `#!/bin/sh\nexec ${cli} exec -i --user ballast ${container} ssh "$@"\n`;
	const directory = await directoryWith({ ssh: program });
	await chmod(join(directory.path, "ssh"), 0o755);
	return directory;
}

async function directoryWith(files: Files): Promise<TemporaryDirectory> {
	const directory = await temporaryDirectory();
	const written = Object.entries(files).map(async ([name, text]) =>
		writeFile(join(directory.path, name), text),
	);
	await Promise.all(written);
	return directory;
}
