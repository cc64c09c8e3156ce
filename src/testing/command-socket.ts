import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** The text, in one read or in several. */
type Reply = string | readonly (string | Buffer)[];

/** What HAProxy would answer; or nothing, because it goes away or hangs. */
export type Answer = Reply | "breaks off" | "is silent";

/** A HAProxy command socket with recorded replies. It keeps the manners of its kind, which is what clients trip over. */
export type FakeCommandSocket = AsyncDisposable & {
	/** Every command that came, in order. */
	readonly commands: readonly string[];
	/** How many connections are open. */
	readonly connections: () => number;
	/** Ends its half of each, as HAProxy does with one that has said nothing for long. */
	readonly hangUp: () => void;
};

export async function serveCommands(
	kind: "worker" | "master",
	path: string,
	answer: (command: string) => Answer | Promise<Answer>,
): Promise<FakeCommandSocket> {
	const commands: string[] = [];
	const open = new Set<Socket>();
	const server = createServer({ allowHalfOpen: true }, (connection) => {
		open.add(connection);
		connection.on("close", () => open.delete(connection));
		connection.on("error", () => undefined);
		const halfClosed = once(connection, "end");
		// Who goes away without a word is not waited for.
		let asked = false;
		connection.once("end", () => asked || connection.destroy());
		connection.once("data", async (data) => {
			asked = true;
			const command = data.toString().trim();
			commands.push(command);
			const reply = await answer(command);
			if (reply === "breaks off") connection.destroy();
			else if (reply === "is silent") await halfClosed.then(() => kind === "worker" && connection.destroy());
			else await send(connection, reply, kind === "master" ? halfClosed : undefined);
		});
	});
	server.listen(path);
	await once(server, "listening");
	return {
		commands,
		connections: () => open.size,
		hangUp: () => {
			for (const connection of open) connection.end();
		},
		[Symbol.asyncDispose]: async () => {
			for (const connection of open) connection.destroy();
			server.close();
			await once(server, "close");
		},
	};
}

/** Part by part, each in a turn of its own, so that each is a read of its own at the other end. */
async function send(connection: Socket, reply: Reply, until: Promise<unknown> | undefined): Promise<void> {
	for (const part of typeof reply === "string" ? [reply] : reply) {
		await new Promise((written) => connection.write(part, written));
		await new Promise((turn) => setImmediate(turn));
	}
	await until;
	connection.end();
}
