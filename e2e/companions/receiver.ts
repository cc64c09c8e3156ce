import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

export const receiverPort = 5514;

/** One message of RFC 5424, as far as we send any; the structured data is always nil. */
export type Message = {
	readonly priority: number;
	readonly time: string;
	readonly host: string;
	readonly app: string;
	readonly text: string;
};

/** Prints what comes by tcp, line by line, and each datagram as a line. */
const listen = `
	const { createServer } = require("node:net");
	createServer((peer) => peer.on("error", () => peer.destroy()).pipe(process.stdout, { end: false })).listen(${receiverPort});
	require("node:dgram").createSocket("udp4").on("message", (datagram) => console.log(datagram.toString().trimEnd())).bind(${receiverPort});
	process.on("SIGTERM", () => process.exit());`;

/** A syslog server in the sandbox's network. Gives its container's name, under which the others reach it. */
export async function startReceiver(sandbox: Sandbox): Promise<string> {
	return sandbox.run("receiver", images.base, "node", "--eval", listen);
}

/** All that it has got in all its lives. Throws if a line is no message of RFC 5424. */
export async function messagesAt(receiver: string): Promise<readonly Message[]> {
	const said = await docker("logs", receiver);
	return said === "" ? [] : said.split("\n").map(parse);
}

function parse(line: string): Message {
	const form =
		/^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([!-~]{1,255}) ([!-~]{1,48}) - - - (\S.*)$/;
	const [, priority, time = "", host = "", app = "", text = ""] = form.exec(line) ?? [];
	if (priority === undefined) throw new Error(`No message of RFC 5424 as we send them: ${line}`);
	return { priority: Number(priority), time, host, app, text };
}
