import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** HAProxy alone in the proxy's image, with this configuration. */
export async function startHaproxy(
	sandbox: Sandbox,
	name: string,
	config: string,
	...options: string[]
): Promise<string> {
	const write = 'printf %s "$CONFIG" > /tmp/haproxy.cfg && exec haproxy -W -f /tmp/haproxy.cfg';
	const image = ["--no-healthcheck", "--entrypoint", "sh", images.proxy, "-c", write];
	return await sandbox.run(name, ...options, "-e", `CONFIG=${config}`, ...image);
}

/** The generation in force, run by a HAProxy of its own: Ballast without its controller. */
export async function startCopy(sandbox: Sandbox, name: string, proxy: string): Promise<string> {
	const archive = "cd /var/lib/ballast/generation/current/ && tar c .";
	const files = await docker("exec", "--user", "10002", proxy, "sh", "-c", `${archive} | base64 -w0`);
	const unpack =
		'mkdir /tmp/g && cd /tmp/g && printf %s "$FILES" | base64 -d | tar x && exec haproxy -W -f haproxy.cfg';
	const image = ["--no-healthcheck", "--entrypoint", "sh", images.proxy, "-c", unpack];
	return await sandbox.run(name, "-e", `FILES=${files}`, ...image);
}

/** Waits until it answers. */
export async function serving(container: string): Promise<void> {
	const ask = "fetch('http://127.0.0.1/').then(({ status }) => process.exit(status === 200 ? 0 : 1))";
	await eventually(() => docker("exec", container, "node", "-e", ask));
}
