import { once } from "node:events";
import { createServer } from "node:net";

/** A port of this machine that nobody listens at, far above those that people use. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0);
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("expected a port");
	return address.port;
}
