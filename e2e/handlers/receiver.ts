import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** One request that it got. */
type Attempt = {
	readonly status: number;
	readonly id: string;
	readonly verified: boolean;
	readonly body: string;
};

/** Verifies with the library that the proxy's image has, refuses twice, and prints each attempt. */
const receiving = `
	const { createServer } = require("node:http");
	const { text } = require("node:stream/consumers");
	const { Webhook } = require("standardwebhooks");
	let attempts = 0;
	createServer(async (request, response) => {
		const body = await text(request);
		let verified = true;
		try { new Webhook(process.env.SECRET).verify(body, request.headers); } catch { verified = false; }
		const status = (attempts += 1) <= 2 ? 503 : 204;
		console.log(JSON.stringify({ status, id: request.headers["webhook-id"], verified, body }));
		response.writeHead(status).end();
	}).listen(8080);`;

/** Answers at port 8080 of its name. */
export async function startReceiver(sandbox: Sandbox, secret: string): Promise<string> {
	const options = ["-e", `SECRET=${secret}`, "--workdir", "/opt/ballast", "--no-healthcheck"];
	return await sandbox.run("receiver", ...options, images.proxy, "node", "--eval", receiving);
}

export async function receivedBy(receiver: string): Promise<readonly Attempt[]> {
	return (await docker("logs", receiver)).split("\n").map((line) => JSON.parse(line));
}
