import { createClient } from "@redis/client";
import type { SessionStore } from "./sessions.ts";

const lifetimeSeconds = 24 * 60 * 60;

/**
 * Sessions in Valkey or Redis, at `redis://host:port`: they outlive the container that they began in. While the store is
 * away each call fails at once, and the connection is sought anew.
 */
export function createSharedStore(url: string): SessionStore {
	const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 200 } });
	let complained = false;
	client.on("ready", () => {
		complained = false;
		console.log(`Sessions are kept at ${url}.`);
	});
	client.on("error", (error) => {
		if (!complained) console.log(`The session store at ${url} does not answer: ${error}.`);
		complained = true;
	});
	client.connect().catch(() => undefined);

	return {
		begin: async (id) => {
			await client.set(keyOf(id), 1, { expiration: { type: "EX", value: lifetimeSeconds } });
		},
		view: async (id) => {
			if ((await client.exists(keyOf(id))) === 0) return undefined;
			const [views] = await client.multi().incr(keyOf(id)).expire(keyOf(id), lifetimeSeconds).execTyped();
			return views;
		},
	};
}

function keyOf(id: string): string {
	return `session:${id}`;
}
