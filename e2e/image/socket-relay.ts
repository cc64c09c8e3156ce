import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

const path = "/sockets/docker.sock";
const script = `
	const { connect, createServer } = require("node:net");
	const [,owner, group, mode] = process.argv;
	createServer({ allowHalfOpen: true }, (client) => {
		const engine = connect({ path: "/var/run/docker.sock", allowHalfOpen: true });
		client.pipe(engine).pipe(client);
		client.on("error", () => engine.destroy());
		engine.on("error", () => client.destroy());
	}).listen("${path}", () => {
		require("node:fs").chmodSync("${path}", parseInt(mode, 8));
		require("node:fs").chownSync("${path}", Number(owner), Number(group));
		console.log("ready");
	});`;

/** Gives the engine a second socket, of any owner and mode, in a volume: a container that passes every byte on. Gives the volume's name. */
export async function relayEngineSocket(sandbox: Sandbox, owner: string, mode: string): Promise<string> {
	const volume = await sandbox.volume("sockets");
	const command = ["node", "--eval", script, ...owner.split(":"), mode];
	const relay = await sandbox.run(
		"relay",
		"-v",
		`${volume}:/sockets`,
		...mountEngineSocket,
		images.base,
		...command,
	);
	await eventually(async () => {
		if ((await docker("logs", relay)) !== "ready")
			throw new Error(`${relay} does not relay the engine's socket.`);
	});
	return volume;
}

/** The options of a proxy that reaches the engine through that volume. */
export function throughRelay(volume: string): readonly string[] {
	return ["-v", `${volume}:/sockets`, "-e", `BALLAST_DOCKER_HOST=unix://${path}`];
}
