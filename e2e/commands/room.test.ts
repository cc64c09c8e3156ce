import { randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { docker, tryDocker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { createSandbox } from "../harness/sandbox.ts";

const room = join(import.meta.dirname, "../../scripts/room");
/** The subnet of a demo that runs on this engine; empty without one. */
const demo = await subnetOf("ballast");

test("there is room for the demo where its ports and its subnet are free", async () => {
	expect(await roomFor({})).toMatchObject({ exitCode: 0, stderr: "" });
});

test.each(["WEB_PORT", "STATS_PORT"])(
	"a port that a program listens on is told, and that %s changes it",
	async (setting) => {
		const taken = createServer().listen(0, "127.0.0.1");
		await once(taken, "listening");
		const port = portOf(taken);
		const { exitCode, stderr } = await roomFor({ [setting]: port }).finally(() => taken.close());
		expect(exitCode).toBe(1);
		expect(stderr).toContain(`Port ${port} is taken by another program on this machine`);
		expect(stderr).toContain(`make up ${setting}=`);
	},
);

test("a port that a container publishes is told by the container's name, and that WEB_PORT changes it", async () => {
	await using sandbox = await createSandbox("room-port");
	const container = await sandbox.run("server", "-p", "127.0.0.1::3000", images.webapp);
	const port = (await docker("port", container, "3000/tcp")).replace(/^.*:/, "");
	const { exitCode, stderr } = await roomFor({ WEB_PORT: port });
	expect(exitCode).toBe(1);
	expect(stderr).toContain(`Port ${port} is taken by the container ${container}.`);
	expect(stderr).toContain("make up WEB_PORT=");
});

test("a subnet that overlaps another network is told by that network's name, and that SUBNET changes it", async () => {
	await using sandbox = await createSandbox("room-subnet");
	const other = await subnetOf(sandbox.network);
	const subnet = firstThree(other);
	const { exitCode, stderr } = await roomFor({ SUBNET: subnet });
	const taken = `The demo's subnet ${subnet}.0/24 is taken by the Docker network ${sandbox.network} (${other}).`;
	const running = `The demo runs in ${demo}, not in ${subnet}.0/24.`;
	expect(exitCode).toBe(1);
	// Beside a demo, whichever of the two networks Docker lists first.
	if (demo !== "" && stderr.includes(running)) return expect(stderr).toContain("make down");
	expect(stderr).toContain(taken);
	expect(stderr).toContain("make up SUBNET=");
});

/** Runs the script with free ports and a free subnet, but for the settings given. */
async function roomFor(settings: Readonly<Record<string, string>>) {
	const [web, stats] = await freePorts();
	const env = {
		WEB_PORT: web,
		STATS_PORT: stats,
		SUBNET: demo === "" ? freeSubnet() : firstThree(demo),
		...settings,
	};
	return execa(room, { env, reject: false });
}

async function freePorts(): Promise<readonly [string, string]> {
	const servers = [createServer().listen(0), createServer().listen(0)] as const;
	await Promise.all(servers.map((server) => once(server, "listening")));
	const ports = [portOf(servers[0]), portOf(servers[1])] as const;
	await Promise.all(servers.map((server) => once(server.close(), "close")));
	return ports;
}

function portOf(server: Server): string {
	return `${(server.address() as AddressInfo).port}`;
}

/** Of a block that neither Docker's own choice nor the other tests' reaches. */
function freeSubnet(): string {
	return `10.${randomInt(64, 128)}.${randomInt(256)}`;
}

async function subnetOf(network: string): Promise<string> {
	const format = "{{(index .IPAM.Config 0).Subnet}}";
	return (await tryDocker("network", "inspect", "--format", format, network)).stdout;
}

function firstThree(subnet: string): string {
	return subnet.split(".").slice(0, 3).join(".");
}
