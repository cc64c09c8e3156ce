import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Explanation } from "../../src/model/why.ts";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import {
	ballast,
	joinLabelOf,
	problemWith,
	type RunningProxy,
	readAgain,
	startProxy,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, startServer, startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let join: string;

/** Ours, but a container of the name `…hidden` gets a line that HAProxy does not know. */
const poolTemplate = `
backend <%= it.pool.name %>
<% for (const server of it.pool.servers) { -%>
<% if (server.container.endsWith("-hidden")) { -%>
    frobnicate yes
<% } -%>
    server <%= server.name %> <%= server.options %>
<% } -%>
`;

/** Listens, and hears no SIGTERM: it leaves, and goes on running. */
const stubborn = `
	process.on("SIGTERM", () => undefined);
	require("node:http").createServer((request, response) => response.end()).listen(3000);`;

beforeAll(async () => {
	sandbox = await createSandbox("why");
	join = joinLabelOf(sandbox);
	const volume = await sandbox.volume("templates");
	const labels = ["--label", "ballast.weight=7", "--label", "ballast.wieght=50"];
	const [started, web] = await Promise.all([
		startProxy(sandbox, ["-v", `${volume}:/etc/ballast/templates`]),
		startWebapp(sandbox, "web", ...labels),
		startWebapp(sandbox, "bad", "--label", "ballast.port=banana"),
		startWebapp(sandbox, "lost").then((lost) => docker("network", "disconnect", sandbox.network, lost)),
		startServer(sandbox, "deaf", "--expose", "3000", ...lateListener(3000)),
		sandbox.run("typo", "--label", join.replace("backend", "backed"), images.webapp),
		sandbox.run("ended", "--label", join, images.base, "true"),
	]);
	proxy = started;
	await agreeOn(proxy, web);
	await give(poolTemplate);
	await problemWith(proxy, "no-shared-network", sandbox.nameOf("lost"));
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

describe("ballast why tells of a container", () => {
	test("that is served: where, since when, and what each label came to, by whatever it is called", async () => {
		const name = sandbox.nameOf("web");
		const id = String(await inspect(name, ".Id"));
		const server = `${name}-${id.slice(0, 8)}`;
		const answers = await Promise.all(
			[name, id.slice(0, 6), server].map((asked) => ballast(proxy, "why", asked)),
		);

		for (const { exitCode, stdout } of answers) {
			expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: answers[0]?.stdout });
			const where = `in the pool nodes as ${server} at [\\d.]+:3000 since 20[\\d-]+T[\\d:.]+Z`;
			expect(stdout).toMatch(
				new RegExp(`^${name} is served: ${where}, because it is healthy. HAProxy calls it UP.$`, "m"),
			);
			expect(stdout).toMatch(/^ {2}ballast.weight=7 +weight 7 of 256$/m);
			expect(stdout).toMatch(/^ {2}ballast.wieght=50 +ignored: .* did you mean ballast.weight\?$/m);
			expect(stdout).toContain(`network  ${sandbox.network}  the only one that it shares`);
		}
	});

	test.each([
		["with a bad label", "bad", "absent", "a label can't be understood", "ballast.port=8080"],
		["in no network of the proxy's", "lost", "absent", "it can't be reached", "docker network connect"],
		["that does not listen", "deaf", "absent", "its port does not answer yet", "0.0.0.0"],
		["that ended", "ended", "absent", "died, exit code 0", "docker start"],
		["without the join label", "typo", "not-ours", "does not carry the label", "in the place of"],
		["that is the proxy", "proxy", "not-ours", "is the proxy itself", ""],
	])("%s: why it is not served, and what would change that", async (_, name, state, why, remedy) => {
		const answer = await explained(name);

		expect(answer).toMatchObject({ exitCode: 1, state, server: null });
		expect(answer.verdict).toContain(why);
		expect(answer.remedies.join("\n")).toContain(remedy);
	});

	test("that there is not: with exit code 2, and what may have been meant", async () => {
		const { exitCode, stdout, stderr } = await ballast(proxy, "why", sandbox.nameOf("wbe"));

		expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
		expect(stderr).toContain(`did you mean ${sandbox.nameOf("web")}`);
	});
});

describe("ballast render --diff", () => {
	test("is empty for what runs, one that is leaving and one that does not listen among it", async () => {
		const name = await startServer(
			sandbox,
			"stubborn",
			"--expose",
			"3000",
			images.base,
			"node",
			"--eval",
			stubborn,
		);
		await eventually(async () => expect(await explained("stubborn")).toMatchObject({ state: "served" }));
		await docker("kill", "--signal", "TERM", name);
		await eventually(async () => {
			expect((await explained("stubborn")).verdict).toBe(`${name} is in no pool: told to stop (SIGTERM).`);
		});

		// To an inspect both just run: the controller knows of the signal, and a port has to be tried.
		expect(await ballast(proxy, "render", "--diff")).toMatchObject({ exitCode: 0, stdout: "" });
		await docker("kill", name);
	});

	test("shows what another setting and another template would change, and changes nothing", async () => {
		const ours = "/run/tried";
		const write = `cp -R /etc/ballast/templates ${ours} && mkdir ${ours}/pages && echo 'Come back.' > ${ours}/pages/no-server.txt.eta`;
		await docker("exec", proxy.name, "sh", "-c", write);
		const { exitCode, stdout } = await ballast(
			proxy,
			"render",
			"--diff",
			"--templates",
			ours,
			"--stats-port",
			"9000",
		);

		expect(exitCode).toBe(1);
		expect(stdout).toMatch(/^--- in-force\/pages\/no-server.txt$/m);
		expect(stdout).toMatch(/^\+Come back\.$/m);
		expect(stdout).toMatch(/^- {4}bind :1936$\n(^- .*\n)?\+ {4}bind :9000$/m);
		expect(await ballast(proxy, "render", "--diff")).toMatchObject({ exitCode: 0, stdout: "" });
	});

	test("shows a newcomer that waits behind a template which HAProxy refuses, and why tells the reason", async () => {
		const hidden = await startWebapp(sandbox, "hidden", "--no-healthcheck");
		await problemWith(proxy, "quarantined", hidden);
		const { exitCode, stdout, stderr } = await ballast(proxy, "render", "--diff");
		const answer = await explained("hidden");

		expect(exitCode).toBe(1);
		expect(stdout).toMatch(new RegExp(`^\\+ {4}frobnicate yes$\\n^\\+ {4}server ${hidden}-\\w{8} `, "m"));
		expect(stderr).toContain("bad-label");
		expect(answer).toMatchObject({ exitCode: 1, state: "left-out", problems: [{ code: "quarantined" }] });
		expect(answer.verdict).toContain("HAProxy refuses the configuration with it");
		expect(answer.problems[0]?.message).toContain("pool.cfg.eta:5");
	});
});

async function explained(name: string): Promise<Explanation & { readonly exitCode: number }> {
	const { exitCode, stdout } = await ballast(proxy, "why", "--json", sandbox.nameOf(name));
	return { exitCode, ...JSON.parse(stdout) };
}

async function give(template: string): Promise<void> {
	const write =
		"mkdir -p /etc/ballast/templates/partials && cat > /etc/ballast/templates/partials/pool.cfg.eta";
	await execa("docker", ["exec", "--interactive", proxy.name, "sh", "-c", write], { input: template });
	await readAgain(proxy);
}
