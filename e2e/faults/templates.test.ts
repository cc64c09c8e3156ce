import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { logsOf, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { becomes } from "../harness/health.ts";
import {
	ballast,
	hasNoProblems,
	problemWith,
	type RunningProxy,
	readAgain,
	startProxy,
	statusOf,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";

const file = "/etc/ballast/templates/partials/pool.cfg.eta";

/** Ours, but for one more line at `line 3`, and one per server. */
const poolTemplate = (line: string, perServer = "") => `
backend <%= it.pool.name %>
${line}
<% for (const server of it.pool.servers) { -%>
${perServer}
    server <%= server.name %> <%= server.options %>
<% } -%>
`;
const shop = (name: string) => `    http-response set-header x-shop ${name}`;

let sandbox: Sandbox;
let volume: string;
let proxy: RunningProxy;
let s1: string;

beforeAll(async () => {
	sandbox = await createSandbox("templates");
	volume = await sandbox.volume("templates");
	[proxy, s1] = await Promise.all([startProxy(sandbox, ownTemplates()), startWebapp(sandbox, "s1")]);
	await agreeOn(proxy, s1);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("an operator's template takes the place of ours of the same name, and all others stay", async () => {
	await give(poolTemplate(shop("one")));
	await shopIs("one");
	await agreeOn(proxy, s1);
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ state: "ok", problems: [] }));
});

test.each([
	["with a syntax error", poolTemplate("<% if ( { %>"), "template-broken", "Unexpected token"],
	["that throws", poolTemplate("<%= it.pool.nobody.name %>"), "template-broken", "undefined"],
	[
		"with a keyword that HAProxy does not know",
		poolTemplate("    frob yes"),
		"configuration-refused",
		"frob",
	],
])(
	"a template %s is told with file and line, and the last good one serves on, newcomers too",
	async (_, text, code, saying) => {
		await give(text);
		await isToldOf(code, saying);
		expect((await ballast(proxy, "check")).exitCode).toBe(1);
		await lastGoodServesOn();
	},
);

test("a map that HAProxy would take, and that leads nowhere, is told, and the last good one serves on", async () => {
	const map = "/etc/ballast/templates/maps/routes.map.eta";
	await give("* noodles\n", proxy, map);
	const { message } = await problemWith(proxy, "configuration-refused", undefined, `${map}:1`);
	expect(message).toContain("* leads to the pool noodles, which is no backend of haproxy.cfg");
	await lastGoodServesOn();
	await sh(proxy.name, `rm ${map}`);
	await readAgain(proxy);
});

test("a template that is bad for one server is told, too, and the last good one serves everyone on", async () => {
	await give(poolTemplate("", badFor("-s1")));
	await isToldOf("configuration-refused", "frobnicate");
	await lastGoodServesOn();
});

test("a template that is mended is taken", async () => {
	await give(poolTemplate(shop("two")));
	await shopIs("two");
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ state: "ok", problems: [] }));
	expect(await ballast(proxy, "check")).toMatchObject({
		exitCode: 0,
		stderr: expect.stringContaining("lacks `cookie ballast-by-cookie`"),
	});
});

test("while no process can load a pool that is wanted, the file keeps up with who comes and goes in the others", async () => {
	await give(`${poolTemplate(shop("three"))}${bindsNowhere("stuck")}`);
	await shopIs("three");
	const stuck = await startWebapp(sandbox, "stuck", "--no-healthcheck", "--label", "ballast.pool=stuck");
	await problemWith(proxy, "reload-failed", undefined, "203.0.113.1:9999");
	const newcomer = await startWebapp(sandbox, "newcomer", "--no-healthcheck");
	await agreeOn(proxy, s1, newcomer);
	await remove(newcomer, stuck);
	await agreeOn(proxy, s1);
	await hasNoProblems(proxy);
});

test("promise 7: at a first start, a template that is bad for one server takes out that one alone", async () => {
	await give(poolTemplate("", badFor("-s2")));
	const s2 = await startWebapp(sandbox, "s2");
	const first = await startProxy(sandbox, ownTemplates(), "first");
	await agreeOn(first, s1);
	const { message } = await problemWith(first, "quarantined", s2);
	expect(message).toMatch(/frobnicate.*pool\.cfg\.eta:5/);
	await remove(s2, first.name);
});

test("at a first start, a template that is broken serves nothing, and says why", async () => {
	await give(poolTemplate("<% if ( { %>"));
	const quick = ["--health-interval", "1s", "--health-retries", "1", "--health-start-period", "1s"];
	const fresh = await startProxy(sandbox, [...ownTemplates(), ...quick], "fresh");
	await becomes(fresh.name, "unhealthy");
	const { message } = await problemWith(fresh, "template-broken");
	expect(message).toContain(`${file}:3`);
	await eventually(async () => expect(await logsOf(fresh.name)).toContain(`${file}:3`));
	await give(poolTemplate(shop("three")), fresh);
	await agreeOn(fresh, s1);
});

async function isToldOf(code: string, saying: string): Promise<void> {
	const { message, hint } = await problemWith(proxy, code, undefined, saying);
	expect(message).toMatch(/\/etc\/ballast\/templates\/partials\/pool\.cfg\.eta:[35]/);
	expect(hint).not.toBe("");
	const line = JSON.stringify(message).slice(1, -1);
	await eventually(async () => expect(await logsOf(proxy.name)).toContain(line));
}

async function lastGoodServesOn(): Promise<void> {
	const newcomer = await startWebapp(sandbox, "newcomer", "--no-healthcheck");
	await agreeOn(proxy, s1, newcomer);
	await shopIs("one");
	expect(await statusOf(proxy)).toMatchObject({ state: "degraded" });
	expect((await ballast(proxy, "health")).exitCode).toBe(0);
	await remove(newcomer);
	await agreeOn(proxy, s1);
}

function ownTemplates(): readonly string[] {
	return ["-v", `${volume}:/etc/ballast/templates`];
}

function badFor(ending: string): string {
	return `    <% if (server.container.endsWith("${ending}")) { %>frobnicate yes<% } %>`;
}

/** HAProxy's parser takes an address that the machine has not, its process does not. */
function bindsNowhere(pool: string): string {
	return `
<% if (it.pool.name === "${pool}") { -%>
frontend ${pool}
    bind 203.0.113.1:9999
    default_backend ${pool}
<% } -%>
`;
}

/** As an operator would: writes the file, and lets the controller read it. */
async function give(template: string, to: RunningProxy = proxy, path = file): Promise<void> {
	const write = `mkdir -p ${path.slice(0, path.lastIndexOf("/"))} && cat > ${path}`;
	await execa("docker", ["exec", "--interactive", to.name, "sh", "-c", write], { input: template });
	await readAgain(to);
}

async function shopIs(name: string): Promise<void> {
	await eventually(async () => expect((await fetch(proxy.url)).headers.get("x-shop")).toBe(name));
}
