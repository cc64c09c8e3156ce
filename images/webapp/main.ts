import { hostname } from "node:os";
import { createApp } from "./app.ts";
import { createMemoryStore } from "./memory-store.ts";
import { createSessions, type SessionStore } from "./sessions.ts";

const port = 3000;
/** A load balancer learns of the signal a little after us: until then new requests are still welcome. */
const lingerMs = 1_000;

const identity = { host: hostname(), tag: process.env["TAG"] ?? "" };
const app = createApp(identity, createSessions(await storeAt(process.env["SESSION_STORE"])));
app.server.listen(port, () => console.log(`Listening on port ${port}.`));
process.once("SIGTERM", () => {
	console.log(`Told to stop: serving for another ${lingerMs} ms, then finishing what is in flight.`);
	setTimeout(() => app.close(() => process.exit()), lingerMs);
	app.sayGoodbye();
});

async function storeAt(url = ""): Promise<SessionStore> {
	if (url === "") return createMemoryStore();
	const { createSharedStore } = await import("./shared-store.ts");
	return createSharedStore(url);
}
