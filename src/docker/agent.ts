import { Agent } from "node:http";
import type { DockerHost } from "./host.ts";
import { sshAgent } from "./ssh.ts";
import { tlsAgent } from "./tls.ts";

/**
 * The kernel asks a silent peer after 10 s, and gives it up within 10 s more: an event stream to a machine that is gone
 * would look alive until the next full list.
 */
const kept = { keepAlive: true, keepAliveMsecs: 10_000, timeout: 5_000 } as const;

/** Makes the connections to an engine; undefined where Node's own will do. Whoever takes it destroys it. */
export function agentFor(host: DockerHost): Agent | undefined {
	if (host.kind === "unix") return undefined;
	if (host.kind === "ssh") return sshAgent(host);
	return host.tls === undefined ? new Agent(kept) : tlsAgent(host.tls, kept);
}
