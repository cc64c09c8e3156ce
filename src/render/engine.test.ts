import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { emptyFleet, type Fleet } from "../model/fleet.ts";
import { shippedTemplates, testOptions } from "../testing/golden.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { loadTemplates, type Templates, templateLine } from "./engine.ts";
import { render } from "./render.ts";

async function directoryWith(files: Readonly<Record<string, string>>): Promise<TemporaryDirectory> {
	const directory = await temporaryDirectory();
	for (const [name, text] of Object.entries(files)) {
		await mkdir(dirname(join(directory.path, name)), { recursive: true });
		await writeFile(join(directory.path, name), text);
	}
	return directory;
}

const load = async ({ path }: TemporaryDirectory): Promise<Templates> =>
	loadTemplates(shippedTemplates, path);
const configOf = (templates: Templates): string | undefined =>
	render(emptyFleet, testOptions, templates).files.get("haproxy.cfg");

const pool = "partials/pool.cfg.eta";

test("an operator's directory that does not exist changes nothing", async () => {
	const templates = await loadTemplates(shippedTemplates, "/does/not/exist");

	expect(templates).toMatchObject({ outputs: (await loadTemplates(shippedTemplates, undefined)).outputs });
});

test("an operator's file replaces the shipped one of its name, and only that", async () => {
	await using own = await directoryWith({
		[pool]: "\nbackend <%= it.pool.name %>\n    balance roundrobin\n",
	});

	const config = configOf(await load(own));

	expect(config).toContain("backend nodes\n    balance roundrobin\n");
	expect(config).toContain("frontend web\n");
});

test("an operator's template with Windows line ends and a byte order mark gives a clean file", async () => {
	await using own = await directoryWith({
		[pool]: "\uFEFF\r\nbackend <%= it.pool.name %>\r\n    balance first\r\n",
	});

	expect(configOf(await load(own))).toContain("\nbackend nodes\n    balance first\n");
});

test("an operator's own partial and map are part of the generation, once another template names them", async () => {
	await using own = await directoryWith({
		"partials/defaults.cfg.eta":
			'<%= include("partials/my-timeouts.cfg.eta") -%>\n# reads maps/blocked.lst\n',
		"partials/my-timeouts.cfg.eta": "defaults\n    mode http\n",
		"maps/blocked.lst.eta": "10.0.0.1\n",
	});

	const { files } = render(emptyFleet, testOptions, await load(own));

	expect(files.get("haproxy.cfg")).toContain("defaults\n    mode http\n");
	expect(files.get("maps/blocked.lst")).toBe("10.0.0.1\n");
	expect([...files.keys()]).not.toContain("partials/my-timeouts.cfg");
});

test.each(["haproxy.cfg", "haproxy.cgf.eta", "pool.cfg.eta", "partials/pools.cfg.eta"])(
	"an operator's file %s, which nothing would use, is an error that names the nearest",
	async (name) => {
		await using own = await directoryWith({ [name]: "frontend mine\n" });

		await expect(load(own)).rejects.toMatchObject({
			code: "template-unknown",
			message: expect.stringContaining(join(own.path, name)),
			hint: expect.stringMatching(/did you mean (haproxy\.cfg|partials\/pool\.cfg)\.eta\?/),
		});
	},
);

test("hidden files and editors' backups in the operator's directory are no templates", async () => {
	await using own = await directoryWith({ ".git/config": "x", "..data/x.eta": "x", [`${pool}~`]: "x" });

	await expect(load(own)).resolves.toBeDefined();
});

test("an operator's template may be a symbolic link, as Kubernetes mounts them", async () => {
	await using own = await directoryWith({
		"..data/haproxy.cfg.eta": "global\n    description <%= it.structure %>\nbackend nodes\n",
	});
	await symlink("..data/haproxy.cfg.eta", join(own.path, "haproxy.cfg.eta"));

	expect(configOf(await load(own))).toMatch(/^global\n {4}description [0-9a-f]{12}\nbackend nodes\n$/);
});

test("a template that can't be read is an error, not an absent one", async () => {
	await using own = await directoryWith({});
	await symlink("/does/not/exist", join(own.path, "haproxy.cfg.eta"));

	await expect(load(own)).rejects.toMatchObject({
		code: "template-unreadable",
		message: expect.stringContaining("haproxy.cfg.eta"),
	});
});

test("an operator's directory that can't be read is an error, not an empty one", async () => {
	await using own = await directoryWith({ notes: "x" });
	await chmod(own.path, 0o755);

	await expect(loadTemplates(shippedTemplates, join(own.path, "notes"))).rejects.toMatchObject({
		code: "template-unreadable",
	});
});

const whatDoesNotCompile = [
	{ fault: "an unclosed tag", text: "one\n<%= it.pool.name\n", line: 2, what: "unclosed tag" },
	{
		fault: "an unclosed tag before others",
		text: "one\n<%= it.x\n<% if (it.y) { %>\n<% } %>\n",
		line: 2,
		what: "the tag that begins here is never closed",
	},
	{ fault: "an unclosed text", text: "one\ntwo\n<%= 'three %>\n", line: 3, what: "unclosed string" },
	{ fault: "an unclosed comment", text: "one\n<% /* two %>\n", line: 2, what: "unclosed comment" },
	{
		fault: "JavaScript that is none",
		text: "one\ntwo\n<%= it.pool name %>\nfour\n",
		line: 3,
		what: "missing )",
	},
	{
		fault: "a fault on the third line of a tag",
		text: "one\n<%\nconst a = 1;\nconst b = = 2;\n%>\n",
		line: 4,
		what: "Unexpected token '='",
	},
	{
		fault: "a block that is never closed",
		text: "one\n<% if (it.pool) { %>\n<% for (const s of []) { %>\n<% } %>\nfive\n<%= it.pool.name %>\n",
		line: 2,
		what: "the block that begins here is never closed",
	},
	{
		fault: "a callback that is never closed",
		text: "one\n<% it.pools.forEach((pool) => { %>\nthree\n",
		line: 2,
		what: "the block that begins here is never closed",
	},
	{
		fault: "a brace too many",
		text: "one\n<% if (it.pool) { %>\n<% } %>\n<% } %>\nfive\n",
		line: 4,
		what: "a `}` closes a block that is not open",
	},
];

test.each(whatDoesNotCompile)("$fault is told with file and line", async ({ text, line, what }) => {
	await using own = await directoryWith({ [pool]: text });

	await expect(load(own)).rejects.toMatchObject({
		code: "template-broken",
		message: expect.stringContaining(`${join(own.path, pool)}:${line}: ${what}`),
		hint: expect.stringContaining("remove it"),
	});
});

const whatFailsWhenRendered = [
	{
		fault: "a value that is undefined",
		text: "one\n<%= it.pool.nmae %>\n",
		line: 2,
		what: "the value to print is undefined, in `<%= it.pool.nmae %>`",
	},
	{
		fault: "a variable that is unknown",
		text: "one\n\n<%= pool.name %>\n",
		line: 3,
		what: "pool is not defined",
	},
	{
		fault: "a property of nothing",
		text: "<% for (const x of it.pool.srvs) { %>\n<% } %>\n",
		line: 1,
		what: "it.pool.srvs is not iterable",
	},
	{
		fault: "an include that does not exist",
		text: 'one\n<%= include("partials/none.cfg.eta") %>\n',
		line: 2,
		what: "there is no template partials/none.cfg.eta",
	},
];

test.each(whatFailsWhenRendered)(
	"$fault is told with file and line, in a partial too",
	async ({ text, line, what }) => {
		await using own = await directoryWith({ [pool]: text });
		const templates = await load(own);

		expect(() => configOf(templates)).toThrow(
			expect.objectContaining({
				code: "template-broken",
				message: expect.stringContaining(`${join(own.path, pool)}:${line}: ${what}`),
			}),
		);
	},
);

test("a template that hides the generation is refused, for nobody could ask a process what it runs", async () => {
	await using own = await directoryWith({
		"partials/global.cfg.eta": "global\n    maxconn <%= it.maxconn %>\n",
	});
	const templates = await load(own);

	expect(() => configOf(templates)).toThrow(
		expect.objectContaining({
			code: "template-broken",
			hint: expect.stringContaining("description <%= it.structure %>"),
		}),
	);
});

test("a line of the configuration is traced to the template line that wrote it", async () => {
	await using own = await directoryWith({
		[pool]:
			"\nbackend <%= it.pool.name %>\n    balanse roundrobin\n    timeout queue 1s\n    timeout queue 1s\n    <%= it.pool.size %>\n",
	});
	const templates = await load(own);
	const file = join(own.path, pool);

	expect(templateLine(templates, "balanse roundrobin")).toEqual({ file, line: 3 });
	expect(templateLine(templates, "    backend nodes")).toEqual({ file, line: 2 });
	expect(templateLine(templates, "nbthread 2")?.file).toBe(join(shippedTemplates, "partials/global.cfg.eta"));
	expect(templateLine(templates, "timeout queue 1s")).toBeUndefined();
	expect(templateLine(templates, "written by nobody")).toBeUndefined();
});

test("the server lines of the shipped pool are traced to their template line", async () => {
	const templates = await loadTemplates(shippedTemplates, undefined);
	const container = { id: "3f2a9c7d1b2e", name: "a" };
	const servers = [{ name: "a-3f2a9c7d", container, address: "10.0.0.1", port: 80, weight: 1 }];
	const fleet: Fleet = { pools: [{ name: "nodes", servers }], routes: [] };
	const config = render(fleet, testOptions, templates).files.get("haproxy.cfg") ?? "";
	const line = config.split("\n").find((text) => text.trim().startsWith("server a-")) ?? "";

	expect(templateLine(templates, line)?.file).toBe(join(shippedTemplates, pool));
});
