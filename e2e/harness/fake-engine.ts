import { chmod, chown } from "node:fs/promises";
import { join } from "node:path";
import { type DockerLife, dockerLife } from "../../src/testing/docker-life.ts";
import { createFakeDocker, type FakeDocker } from "../../src/testing/fake-docker.ts";
import { docker } from "./docker.ts";
import { images } from "./images.ts";
import { joinLabelOf, type RunningProxy, startProxyElsewhere } from "./proxy.ts";
import type { Sandbox } from "./sandbox.ts";

/** A real proxy that follows a fake engine of this process. */
export type FakedProxy = AsyncDisposable & {
	readonly proxy: RunningProxy;
	readonly engine: FakeDocker;
	readonly life: DockerLife;
	/** A container that the fake engine lists: the `n`th, healthy. Its app is one for all, and answers. */
	readonly app: (n: number) => Parameters<DockerLife["start"]>[0];
};

/**
 * Each fake container has a loopback address of its own in the proxy's network, where one real listener has them all: as
 * many servers as one likes, each of which answers, with its address in `x-backend-ip`.
 */
export async function startFakedProxy(
	sandbox: Sandbox,
	options: readonly string[] = [],
	prepare: (faked: Pick<FakedProxy, "engine" | "app">) => void = () => undefined,
): Promise<FakedProxy> {
	const engine = await createFakeDocker();
	await letControllerIn(engine);
	const [key = "", value = ""] = joinLabelOf(sandbox).split("=");
	const app = (n: number) => ({
		name: `app-${n}`,
		labels: { [key]: value, "ballast.port": `${appPort}` },
		address: addressOf(n),
		health: "healthy",
	});
	prepare({ engine, app });
	const mount = ["-v", `${engine.directory}:/engine`, "-e", "BALLAST_DOCKER_HOST=unix:///engine/docker.sock"];
	const proxy = await startProxyElsewhere(sandbox, [...mount, ...options], "proxy");
	const id = await docker("inspect", "--format", "{{.Id}}", proxy.name);
	engine.add({ id, name: proxy.name, address: "10.0.0.1" });
	await sandbox.runIn(`container:${proxy.name}`, "apps", images.base, "node", "--eval", listener);
	return { proxy, engine, life: dockerLife(engine), app, [Symbol.asyncDispose]: engine[Symbol.asyncDispose] };
}

const appPort = 3000;

const listener = `
	require("node:http").createServer((request, response) => {
		response.setHeader("x-backend-ip", request.socket.localAddress).end();
	}).listen(${appPort}, "0.0.0.0");
	process.once("SIGTERM", () => process.exit());`;

/** `127.1.0.1` for 1, up to 65,000 of them. */
function addressOf(n: number): string {
	return `127.1.${Math.floor(n / 256)}.${n % 256}`;
}

/** The controller's user may enter and ask, HAProxy's may not. */
async function letControllerIn({ directory }: FakeDocker): Promise<void> {
	await chmod(directory, 0o711);
	await chown(join(directory, "docker.sock"), 10002, 10002);
	await chmod(join(directory, "docker.sock"), 0o600);
}
