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
