import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fleetOf } from "../model/build.ts";
import type { PoolPolicy } from "../model/fleet.ts";
import { shippedTemplates, testOptions } from "../testing/golden.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { loadTemplates } from "./engine.ts";
import { outdated } from "./outdated.ts";
import { render } from "./render.ts";

type Changes = Readonly<Record<string, (ours: string) => string>>;

/** What is told of a pool `nodes` with this policy, when an operator's templates are ours with these changes. */
async function toldOf(policy: PoolPolicy, changes: Changes) {
	await using own = await temporaryDirectory();
	await mkdir(join(own.path, "partials"));
	for (const [name, change] of Object.entries(changes)) {
		const file = `partials/${name}.cfg.eta`;
		await writeFile(join(own.path, file), change(await readFile(join(shippedTemplates, file), "utf8")));
	}
	const templates = await loadTemplates(shippedTemplates, own.path);
	const container = { id: "3f2a9c7d1b2e", name: "web" };
	const server = { name: "web-3f2a9c7d", container, address: "192.0.2.1", port: 80, weight: 100 };
	const fleet = fleetOf([{ pool: "nodes", server }], new Map([["nodes", policy]]));
	return outdated(render(fleet, testOptions, templates), templates);
}

const withoutLines =
	(...parts: readonly string[]) =>
	(text: string) =>
		text
			.split("\n")
			.filter((line) => !parts.some((part) => line.includes(part)))
			.join("\n");
const commented = (text: string): string => text.replace("defaults\n", "# mine\ndefaults\n");

/** As they were before labels could ask for any of this. */
const oldPool = () =>
	"\nbackend <%= it.pool.name %>\n<% for (const server of it.pool.servers) { -%>\n    server <%= server.name %> <%= server.options %>\n<% } -%>\n";
const oldEdge = withoutLines("partials/client.cfg.eta");
const oldWeb = withoutLines("_successor", "partials/handover.cfg.eta");

const source = { sticky: "source" } as const;
const all: readonly PoolPolicy[] = [{}, { sticky: "cookie", check: "/" }, source];

test.each(all)("nothing is told where nothing is missing, as with %j", async (policy) => {
	expect(await toldOf(policy, {})).toEqual([]);
	expect(await toldOf(policy, { defaults: commented })).toEqual([]);
});

test("a label that nobody's template heeds is told, with ours to look at", async () => {
	expect(await toldOf({ sticky: "cookie", check: "/" }, { pool: oldPool })).toEqual([
		{
			code: "template-outdated",
			severity: "problem",
			subject: "partials/pool.cfg.eta",
			message:
				"the backend of the pool nodes, as your templates write it, lacks `cookie ballast-nodes`, which our partials/pool.cfg.eta has: the label sticky=cookie has no effect",
			hint: "compare your templates with ours in /opt/ballast/templates, where partials/pool.cfg.eta may be new; to do without, name it in a comment there",
		},
		expect.objectContaining({ message: expect.stringContaining("`http-check send … uri /`") }),
	]);
});

test("an old pool is no problem as long as no label asks for more", async () => {
	expect(await toldOf({}, { pool: oldPool })).toEqual([]);
});

describe("of clients that are bound by their address", () => {
	test("an old pool is told", async () => {
		expect(await toldOf(source, { pool: oldPool })).toMatchObject([
			{ subject: "partials/pool.cfg.eta", message: expect.stringContaining("balance hash") },
		]);
	});

	test("a frontend that doesn't say who asks is told, though the one after a reload does", async () => {
		expect(await toldOf(source, { "at-the-edge": oldEdge })).toMatchObject([
			{ subject: "partials/client.cfg.eta", message: expect.stringContaining("the frontend web, as") },
		]);
		expect(await toldOf({}, { "at-the-edge": oldEdge })).toEqual([]);
	});
});

test("a frontend that hands nothing over to the next process is told, whatever the labels ask for", async () => {
	expect(await toldOf({}, { web: oldWeb })).toMatchObject([{ subject: "partials/handover.cfg.eta" }]);
});

test("who names in a comment what is missing does without on purpose", async () => {
	const pool = (): string => `${oldPool()}    # no cookie ballast-nodes\n`;
	const web = (text: string): string => `# no _successor here\n${oldWeb(text)}`;

	expect(await toldOf({ sticky: "cookie" }, { pool, web })).toEqual([]);
});

test("where a frontend lets nobody wait, no pool is counted on to be waited for, and that is told", async () => {
	const wait = { ms: 30_000, most: 256 };
	expect(await toldOf({ wait }, { routing: commented })).toEqual([]);
	expect(await toldOf({ wait }, { routing: withoutLines("lua.hold") })).toMatchObject([
		{ subject: "partials/routing.cfg.eta", message: expect.stringContaining("no pool is put to sleep") },
		{ subject: "partials/routing.cfg.eta" },
	]);
	expect(await toldOf({ wait }, { routing: withoutLines("txn.lost") })).toMatchObject([
		{ message: expect.stringContaining("no pool is put to sleep") },
		{ subject: "partials/routing.cfg.eta" },
	]);
	expect(await toldOf({}, { routing: withoutLines("lua.hold", "txn.lost") })).toEqual([]);

	await using own = await temporaryDirectory();
	await mkdir(join(own.path, "partials"));
	await writeFile(join(own.path, "partials/routing.cfg.eta"), "    use_backend %[var(txn.pool)]\n");
	const templates = await loadTemplates(shippedTemplates, own.path);
	const { files } = render(fleetOf([], new Map(), new Map([["nodes", { wait }]])), testOptions, templates);
	expect(files.get("hold.lua")).not.toContain('pools["nodes"]');
	expect(files.get("haproxy.cfg")).not.toMatch(/lua-load|server _wait/);
});
