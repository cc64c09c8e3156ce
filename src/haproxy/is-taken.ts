import { once } from "node:events";
import { createServer } from "node:net";

/** Whether somebody listens at the port already, found out by listening there for a moment. */
export async function isTaken(port: number, ipv6: boolean): Promise<boolean> {
	const server = createServer();
	try {
		await once(server.listen(port, ipv6 ? "::" : "0.0.0.0"), "listening");
		return false;
	} catch (thrown) {
		return thrown instanceof Error && "code" in thrown && thrown.code === "EADDRINUSE";
	} finally {
		server.close();
	}
}
