import { expect, test } from "vitest";
import { logsOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";

test("a request is a line on standard output where the access log is switched on, and nowhere else", async () => {
	await using sandbox = await createSandbox("access-log");
	const [loud, quiet, server] = await Promise.all([
		startProxy(sandbox, ["-e", "BALLAST_ACCESS_LOG=on"], "loud"),
		startProxy(sandbox, [], "quiet"),
		startWebapp(sandbox, "server"),
	]);
	for (const { url } of [loud, quiet])
		await eventually(async () => expect((await fetch(`${url}/?asked`)).status).toBe(200));

	const line = new RegExp(` web nodes/${server}-[0-9a-f]{8} .* 200 .*"GET /\\?asked HTTP/1.1"`);
	await eventually(async () => expect(await logsOf(loud.name)).toMatch(line));
	expect(await logsOf(quiet.name)).not.toContain("?asked");
});
