import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { type InnerEngine, mountInnerSocket, startInnerEngine } from "../harness/inner-engine.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { timed } from "../harness/timed.ts";
import { startTraffic } from "../load/traffic.ts";
import { createShop, doorTo, type InnerProxy, isRight, startInside, startProxyInside } from "./inner-shop.ts";
import { isUnharmed } from "./unharmed.ts";

/* Many containers at once, and one that can't stay: in an engine of their own, as they would be a burden on the user's. */

let sandbox: Sandbox;
let engine: InnerEngine;
let url: string;
let proxy: InnerProxy;

const many = 200;

/** Five megabytes, where Node would take fifty. It answers with its address, or ends by itself after so many seconds. */
const tiny = (secondsToLive = 0): readonly string[] => {
	const app = `
		use IO::Socket::INET;
		$SIG{TERM} = sub { exit };
		$SIG{ALRM} = sub { exit 1 };
		alarm ${secondsToLive};
		my $listener = IO::Socket::INET->new(LocalPort => 3000, Listen => 128, ReuseAddr => 1) or die $!;
		while (my $client = $listener->accept) {
			while (my $line = <$client>) { last if $line =~ /^\\r?$/ }
			print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nX-Backend-Ip: ", $client->sockhost, "\\r\\nContent-Length: 0\\r\\n\\r\\n";
			close $client;
		}`;
	return [images.base, "perl", "-e", app];
};
const atPort = ["--label", "ballast.port=3000"] as const;
const gentle = { kept: 4, thinkMs: 100, fresh: 3 };

beforeAll(async () => {
	sandbox = await createSandbox("storms");
	engine = await startInnerEngine(sandbox, { liveRestore: true });
	await createShop(engine);
	proxy = await startProxyInside(engine, "lb", ...mountInnerSocket);
	for (const name of ["s1", "s2"]) await startInside(engine, name, ...atPort, ...tiny());
	await isRight(proxy, 2);
	url = await doorTo(engine, proxy);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("a container that ends every second is damped: nobody else is harmed, and nothing is reloaded", async () => {
	const reloads = await reloadCount();
	const traffic = startTraffic(url, gentle);
	await startInside(engine, "looping", "--restart", "always", ...atPort, ...tiny(1));
	await eventually(async () => expect(await endsOf("looping")).toBeGreaterThanOrEqual(5));
	await engine.docker("rm", "--force", "looping");
	await isRight(proxy, 2);
	await isUnharmed("a crash loop", traffic);
	expect(await reloadCount()).toBe(reloads);
});

test(`${many} containers that start at once are all served, without a reload`, async () => {
	const reloads = await reloadCount();
	await createTiny();
	const traffic = startTraffic(url, gentle);
	await timed(`${many} containers started at once: all are served`, async () => {
		await engine.sh(`seq ${many} | sed s/^/c/ | xargs -P 8 -n 25 docker start >/dev/null`);
		await isRight(proxy, many + 2, 120_000);
	});
	await isUnharmed(`${many} containers started at once`, traffic);
	await eventually(async () => {
		const asked = Array.from({ length: 3 * many }, async () =>
			(await fetch(url)).headers.get("x-backend-ip"),
		);
		expect(new Set(await Promise.all(asked)).size).toBe(many + 2);
	});
	expect(await reloadCount()).toBe(reloads);
});

/** `c1` and so on; none of them runs yet. */
async function createTiny(): Promise<void> {
	const words = ["--network", "shop", "--label", "role=backend", ...atPort, ...tiny()];
	const create = `for at in $(seq ${many}); do docker create --name c$at "$@" >/dev/null; done`;
	await docker("exec", engine.name, "sh", "-c", create, "sh", ...words);
}

async function endsOf(name: string): Promise<number> {
	return Number(await engine.docker("inspect", "--format", "{{.RestartCount}}", name));
}

async function reloadCount(): Promise<number> {
	return (await engine.docker("logs", "lb")).split("HAProxy has a new generation").length - 1;
}
