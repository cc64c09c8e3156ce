import { afterAll, beforeAll, describe, vi } from "vitest";
import { dockerContract } from "../../src/testing/docker-contract.ts";
import { realEngine } from "../docker/real-engine.ts";
import { images } from "../harness/images.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { openSshDoor, openTlsDoor, sshOf } from "./doors.ts";

let sandbox: Sandbox;
let tls: Awaited<ReturnType<typeof openTlsDoor>>;
let ssh: string;
let client: Awaited<ReturnType<typeof sshOf>>;

beforeAll(async () => {
	sandbox = await createSandbox("doors");
	const [byTls, bySsh] = await Promise.all([openTlsDoor(sandbox), openSshDoor(sandbox)]);
	const mount = ["-v", `${bySsh.keys}:/home/ballast/.ssh:ro`];
	const container = await sandbox.run("client", ...mount, images.proxy, "sleep", "600");
	client = await sshOf(container);
	vi.stubEnv("PATH", `${client.path}:${process.env["PATH"]}`);
	ssh = `ssh://root@${bySsh.name}`;
	tls = byTls;
});
afterAll(async () => {
	await tls[Symbol.asyncDispose]();
	await client[Symbol.asyncDispose]();
	await sandbox[Symbol.asyncDispose]();
});

describe("by TLS, an engine", () => dockerContract(async () => realEngine(tls.settings)));
describe("by ssh, an engine", () => dockerContract(async () => realEngine(ssh)));
