import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** The engine's socket by way of a container that can misbehave, so that no test troubles the engine itself. */
export type EngineRelay = {
	/** The container's name. */
	readonly name: string;
	/** The options of a proxy that reaches the engine this way, whether the relay runs or not. */
	readonly options: readonly string[];
	/** Takes the socket's place, or takes it again. */
	readonly open: () => Promise<void>;
	/** Cuts every connection. */
	readonly cut: () => Promise<void>;
	/** Cuts every connection, and answers all that come with something that is no engine's answer. */
	readonly talkNonsense: () => Promise<void>;
	/** Cuts every connection and removes the socket. */
	readonly close: () => Promise<void>;
};

const socket = "/sockets/docker.sock";

/** HUP cuts all connections; `/tmp/nonsense` decides what the next ones get. */
const script = `
	const { chmodSync, chownSync, existsSync, rmSync } = require("node:fs");
	const { connect, createServer } = require("node:net");
	const open = new Set();
	const page = "<html>Sign in to use the network.</html>";
	const nonsense = "HTTP/1.1 200 OK\\r\\nContent-Length: " + page.length + "\\r\\nConnection: close\\r\\n\\r\\n" + page;
	const server = createServer({ allowHalfOpen: true }, (client) => {
		open.add(client.on("close", () => open.delete(client)).on("error", () => undefined));
		if (existsSync("/tmp/nonsense")) return client.resume().end(nonsense);
		const engine = connect({ path: "/var/run/docker.sock", allowHalfOpen: true });
		client.pipe(engine).pipe(client);
		client.on("close", () => engine.destroy());
		engine.on("error", () => client.destroy());
	});
	rmSync("${socket}", { force: true });
	server.listen("${socket}", () => {
		chownSync("${socket}", 10002, 10002);
		chmodSync("${socket}", 0o600);
		console.log("ready");
	});
	const cut = () => open.forEach((client) => client.destroy());
	process.on("SIGHUP", cut);
	process.once("SIGTERM", () => {
		rmSync("${socket}");
		process.exit();
	});`;

export async function createEngineRelay(sandbox: Sandbox): Promise<EngineRelay> {
	const volume = await sandbox.volume("sockets");
	const mount = ["-v", `${volume}:/sockets`] as const;
	const relay = sandbox.nameOf("relay");
	const inside = async (command: string) => docker("exec", relay, "sh", "-c", command);
	return {
		name: relay,
		options: [...mount, "-e", `BALLAST_DOCKER_HOST=unix://${socket}`],
		open: async () => {
			await docker("rm", "--force", relay);
			await sandbox.run("relay", ...mount, ...mountEngineSocket, images.base, "node", "--eval", script);
			await eventually(async () => {
				if ((await docker("logs", relay)) !== "ready") throw new Error(`${relay} is not ready.`);
			});
		},
		cut: async () => {
			await inside("rm -f /tmp/nonsense; kill -HUP 1");
		},
		talkNonsense: async () => {
			await inside("touch /tmp/nonsense; kill -HUP 1");
		},
		close: async () => {
			await docker("stop", relay);
		},
	};
}
