import { execa } from "execa";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { images } from "./images.ts";
import type { Sandbox } from "./sandbox.ts";

/** A Docker engine in a container, for tests that hurt one. All that runs in it goes with the sandbox. */
export type InnerEngine = {
	/** The container, which publishes its port 80. */
	readonly name: string;
	/** Its own Docker CLI; gives the standard output, trimmed. */
	readonly docker: (...args: readonly string[]) => Promise<string>;
	/** A shell script beside its dockerd. */
	readonly sh: (script: string) => Promise<string>;
	/** Runs a command in one of its containers, also while dockerd is away. */
	readonly enter: (containerId: string, command: string) => Promise<string>;
	/** Kills the first process of one of its containers: the container dies without anybody's asking the engine. */
	readonly end: (containerId: string) => Promise<void>;
	readonly dockerd: Daemon;
};

/** Each resolves when it is done: after `start` and `thaw` the engine answers. */
type Daemon = {
	readonly stop: () => Promise<void>;
	readonly kill: () => Promise<void>;
	readonly start: () => Promise<void>;
	readonly freeze: () => Promise<void>;
	readonly thaw: () => Promise<void>;
};

/** Mounts the directory of its second socket, which holds nothing else: what is in there is always the present one. */
export const mountInnerSocket = [
	...["-v", "/run/engine:/run/engine", "-e", "BALLAST_DOCKER_HOST=unix:///run/engine/docker.sock"],
] as const;

/** An engine that answers, and has our images. Without live-restore its containers end with it. */
export async function startInnerEngine(
	sandbox: Sandbox,
	{ liveRestore }: { readonly liveRestore: boolean },
): Promise<InnerEngine> {
	const options = ["--privileged", "-p", "127.0.0.1::80", "-e", `LIVE_RESTORE=${liveRestore ? "on" : "off"}`];
	const name = await sandbox.run("engine", ...options, images.engine);
	const inside = async (...command: readonly string[]) => docker("exec", name, ...command);
	const sh = async (script: string) => inside("sh", "-c", script);
	const dockerd = daemonIn(inside);
	await dockerd.start();
	const save = execa("docker", ["save", images.base, images.webapp, images.proxy], { buffer: false });
	await save.pipe("docker", ["exec", "--interactive", name, "docker", "load"]);
	return {
		name,
		docker: async (...args) => inside("docker", ...args),
		sh,
		enter: async (id, command) => sh(`nsenter -m -u -i -n -p --target "$(${initOf(id)})" ${command}`),
		end: async (id) => void (await sh(`kill -KILL "$(${initOf(id)})"`)),
		dockerd,
	};
}

function daemonIn(inside: (...command: readonly string[]) => Promise<string>): Daemon {
	const service = async (...flags: readonly string[]) => {
		await inside("s6-svc", ...flags, "/run/service/dockerd");
	};
	const answers = async () => {
		await eventually(async () => inside("timeout", "2", "docker", "info"), 60_000);
	};
	return {
		stop: async () => service("-wD", "-T", "60000", "-d"),
		kill: async () => service("-wD", "-T", "60000", "-O", "-k"),
		start: async () => service("-u").then(answers),
		freeze: async () => service("-p"),
		thaw: async () => service("-c").then(answers),
	};
}

/** The engine is not asked: a container's processes are in a cgroup that is called after it, and its first one is its 1. */
function initOf(id: string): string {
	return `grep -l '${id}' /proc/[0-9]*/cgroup | while read -r path; do
		grep -q '^NSpid:.*[[:space:]]1$' "\${path%cgroup}status" && basename "\${path%/cgroup}"; done | head -n 1`;
}
