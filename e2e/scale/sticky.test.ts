import { expect, test } from "vitest";
import { inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { ballast, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { createVisitor } from "../harness/visitor.ts";
import { decides, runs, scaling } from "./pool.ts";

const labels = ["scale=2", "scale.volumes=share", "sticky=cookie", "drain=5m"];

/** After so long without a visit nobody is taken to be bound (src/autoscale/retire.ts). */
const pauseMs = 10_000;

test("who goes from a sticky pool waits for a pause of the clients that are bound to it", async () => {
	await using sandbox = await createSandbox("sticky-scale");
	const proxy = await startProxy(sandbox, scaling);
	const options = labels.flatMap((label) => ["--label", `ballast.${label}`]);
	const original = await startWebapp(sandbox, "app", ...options);
	const own = await inspect(original, ".Config.Hostname");
	const clone = `${original}-scale-1`;
	await decides(proxy, ({ observed }) => observed.ready === 2);
	const bound = await eventually(async () => {
		const visitor = createVisitor();
		const { host } = await visitor.visit(proxy.url);
		if (host === own) throw new Error("bound to the original");
		return { visitor, host };
	});

	expect(await ballast(proxy, "scale", "nodes=1")).toMatchObject({ exitCode: 0 });
	const drains = async () => await decides(proxy, ({ observed }) => observed.draining === 1);
	const { seenMs } = await drains();
	do {
		expect(await bound.visitor.visit(proxy.url)).toMatchObject({ status: 200, host: bound.host });
	} while ((await drains()).seenMs - seenMs <= pauseMs);
	await runs(sandbox, original, clone);

	await runs(sandbox, original);
	expect(await bound.visitor.visit(proxy.url)).toMatchObject({ status: 200, host: own });
});
