import { hostname } from "node:os";
import { createApp } from "./app.ts";

const port = 3000;
/** A load balancer learns of the signal a little after us: until then new requests are still welcome. */
const lingerMs = 1_000;

const app = createApp({ host: hostname(), tag: process.env["TAG"] ?? "" });
app.server.listen(port, () => console.log(`Listening on port ${port}.`));
process.once("SIGTERM", () => {
	console.log(`Told to stop: serving for another ${lingerMs} ms, then finishing what is in flight.`);
	setTimeout(app.close, lingerMs);
	app.sayGoodbye();
});
