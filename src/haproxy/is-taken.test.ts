import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { isTaken } from "./is-taken.ts";

test.each(["0.0.0.0", "127.0.0.1", "::"])(
	"a port at which somebody listens on %s is taken, until they end",
	async (host) => {
		const server = createServer().listen(0, host);
		await once(server, "listening");
		const address = server.address();
		if (address === null || typeof address === "string") throw new Error("expected a port");

		expect(await isTaken(address.port, true)).toBe(true);
		server.close();
		await once(server, "close");
		expect(await isTaken(address.port, true)).toBe(false);
		expect(await isTaken(address.port, false)).toBe(false);
	},
);
