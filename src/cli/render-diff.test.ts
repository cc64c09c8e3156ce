import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runBallast } from "../testing/run-ballast.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { differences } from "./render-diff.ts";

describe("differences are a unified diff of each file", () => {
	const before = new Map([
		["haproxy.cfg", "global\n    description aaa\n\nbackend nodes\n    server a 10.0.0.1:80\n"],
		["maps/routes.map", "* nodes\n"],
		["pages/gone.txt", "gone\n"],
	]);

	test("with nothing where nothing differs", () => {
		expect(differences(before, new Map(before))).toEqual({});
	});

	test("a changed line, with its surroundings; a file that comes, and one that goes", () => {
		const after = new Map([
			["haproxy.cfg", "global\n    description aaa\n\nbackend nodes\n    server b 10.0.0.2:80\n"],
			["maps/routes.map", "* nodes\n"],
			["pages/new.txt", "new\n"],
		]);

		expect(differences(before, after)).toEqual({
			"haproxy.cfg": [
				"--- in-force/haproxy.cfg",
				"+++ rendered/haproxy.cfg",
				"@@ -2,4 +2,4 @@",
				"     description aaa",
				" ",
				" backend nodes",
				"-    server a 10.0.0.1:80",
				"+    server b 10.0.0.2:80",
				"",
			].join("\n"),
			"pages/gone.txt": "--- in-force/pages/gone.txt\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-gone\n",
			"pages/new.txt": "--- /dev/null\n+++ rendered/pages/new.txt\n@@ -0,0 +1,1 @@\n+new\n",
		});
	});
});

const saved = join(import.meta.dirname, "../docker/testdata/healthy.json");

/** `ballast render` of one saved container, with a generation directory and templates of its own. */
async function rendering() {
	const directory = await temporaryDirectory();
	const [generations, templates] = [join(directory.path, "generation"), join(directory.path, "templates")];
	const inspected = JSON.parse(await readFile(saved, "utf8"));
	await mkdir(templates);
	const render = async (changes: object, ...flags: readonly string[]) => {
		const dirs = ["--generation-dir", generations, "--templates", templates];
		return await runBallast(["render", "--from", "-", ...dirs, ...flags], {
			input: JSON.stringify([{ ...inspected, ...changes }]),
		});
	};
	const { out } = await render({}, "--json");
	return {
		render,
		templates,
		generations,
		rendered: JSON.parse(out),
		[Symbol.asyncDispose]: directory[Symbol.asyncDispose],
	};
}

type Rendering = Awaited<ReturnType<typeof rendering>>;

async function putInForce({ generations, rendered: { id, files, fleet } }: Rendering): Promise<void> {
	for (const [path, text] of Object.entries<string>({ ...files, "fleet.json": JSON.stringify(fleet) })) {
		await mkdir(dirname(join(generations, id, path)), { recursive: true });
		await writeFile(join(generations, id, path), text);
	}
	await symlink(id, join(generations, "current"));
}

describe.concurrent("ballast render --diff", { timeout: 120_000 }, () => {
	test("prints nothing and ends with 0 where what would be is in force", async () => {
		await using given = await rendering();
		await putInForce(given);

		expect(await given.render({}, "--diff")).toEqual({ code: 0, out: "", err: "" });
		const { code, out } = await given.render({}, "--diff", "--json");
		const { id } = given.rendered;
		expect({ code, ...JSON.parse(out) }).toEqual({
			code: 0,
			inForce: id,
			rendered: id,
			differences: {},
			problems: [],
		});
	});

	test("keeps the names of the servers in force, also where a container was renamed", async () => {
		await using given = await rendering();
		await putInForce(given);
		const { code, out } = await given.render({ Name: "/renamed" }, "--diff");

		expect(code).toBe(1);
		expect(out).toMatch(/^\+.*renamed/m);
		expect(out).not.toMatch(/^[-+].* server shop/m);
		expect(out).not.toContain("renamed-");
	});

	test("ends with 1 and shows what a template of one's own, or another setting, would change", async () => {
		await using given = await rendering();
		await putInForce(given);
		await mkdir(join(given.templates, "pages"));
		await writeFile(join(given.templates, "pages/no-server.txt.eta"), "Come back later.\n");
		const { code, out } = await given.render({}, "--diff", "--stats-port", "9000");

		expect(code).toBe(1);
		expect(out).toMatch(/^\+\+\+ rendered\/pages\/no-server\.txt$/m);
		expect(out).toMatch(/^\+Come back later\.$/m);
		expect(out).toMatch(/^- +bind .*:1936\n(.*\n)*\+ +bind .*:9000$/m);
		expect(out).toMatch(/^- +description \w{12}\n\+ +description \w{12}$/m);
	});

	test("says where no generation is in force, and ends with 1", async () => {
		await using given = await rendering();
		const { code, out, err } = await given.render({}, "--diff");

		expect({ code, out }).toEqual({ code: 1, out: "" });
		expect(err).toContain(`no generation is in force in ${given.generations}`);
	});
});
