import { docker } from "./docker.ts";

/** What can be asked in a proxy's container: a shell script each, and no Node, which would cost twenty times as much. */
const questions = {
	config: "cat /usr/local/etc/haproxy/haproxy.cfg",
	/** HAProxy's running process. */
	state: `s6-ipcclient -l 0 /run/haproxy/admin.sock sh -c 'echo show servers state >&7; cat <&6'`,
	/** `<file>: <container> <ip>`, a line each. */
	nodes: `cd /nodes && for file in *; do [ ! -e "$file" ] || echo "$file: $(cat "$file")"; done`,
	membership: "cat /var/lib/ballast/state/membership.log",
	servers: get("/servers"),
	problems: get("/problems"),
	status: get("/status"),
	scale: get("/scale"),
} as const;
type Question = keyof typeof questions;

/** The answers to all these questions, asked at once: to get into the container is what takes time. Throws where one has none. */
export async function ask<Asked extends Question>(
	{ name }: { readonly name: string },
	...asked: readonly Asked[]
): Promise<Readonly<Record<Asked, string>>> {
	const script = asked.map((one) => `(${questions[one]})`).join(`\nprintf '\\f'\n`);
	const said = await docker("exec", "--user", "10002:10002", name, "sh", "-euc", script);
	const answers = said.split("\f");
	const pairs = asked.map((one, at) => [one, bodyOf((answers[at] ?? "").trim())] as const);
	return Object.fromEntries(pairs) as Record<Asked, string>;
}

/** Asks the controller, as the image's own health check does. */
function get(path: string): string {
	const request = `GET ${path} HTTP/1.0\\r\\nHost: ballast\\r\\n\\r\\n`;
	return `s6-ipcclient -l 0 /run/ballast/ballast.sock sh -c 'printf "${request}" >&7; cat <&6'`;
}

function bodyOf(answer: string): string {
	if (!answer.startsWith("HTTP/")) return answer;
	const [head = "", ...body] = answer.split("\r\n\r\n");
	if (!/^HTTP\/1\.\d 200 /.test(head)) throw new Error(`The controller did not answer with 200: ${answer}`);
	return body.join("\r\n\r\n");
}
