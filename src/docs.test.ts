import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodes } from "./cli/exit-codes.ts";
import { vocabulary } from "./model/labels.ts";
import { flagOf, settingNames } from "./settings.ts";
import { settingsTable } from "./settings-table.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const pages = globSync(["*.md", "docs/**/*.md"], { cwd: root }).toSorted();

describe("docs/labels.md", () => {
	const rows = rowsUnder("docs/labels.md", "## All labels");

	test("has every label with what is expected and an example, and no other", () => {
		const documented = rows.map(([label = "", expected, example]) => [label, expected, example]);
		const known = Object.entries(vocabulary).map(([key, { expected, example }]) => {
			return [`\`ballast.${key}\``, expected, `\`${example}\``];
		});

		expect(documented).toEqual(known);
	});

	test.each(Object.entries(vocabulary))(
		"has an example of %s that is understood",
		(_, { parse, example }) => {
			expect(parse(example)).toBeDefined();
		},
	);
});

describe("README.md", () => {
	test("has every setting as `ballast settings` prints it, and no other", () => {
		const documented = rowsUnder("README.md", "## Settings");
		const known = settingNames.map((name) => {
			const { env, default: usual, meaning } = settingsTable[name];
			return [`\`${env}\``, usual === "" ? "" : `\`${usual}\``, meaning];
		});

		expect(documented).toEqual(known);
	});

	test("tells how a setting becomes a flag", () => {
		expect(read("README.md")).toContain(`\`BALLAST_STATS_PORT\` is \`${flagOf("statsPort")}\``);
	});

	test("explains problems by codes that exist", () => {
		const symptoms = rowsUnder("README.md", "## Troubleshooting").map(([symptom = ""]) => symptom);
		const codes = symptoms.filter((symptom) => /^`[a-z-]+`(, `[a-z-]+`)*$/.test(symptom)).flatMap(codesIn);

		expect(problemCodes()).toEqual(expect.arrayContaining(codes));
	});
});

describe("docs/operations.md", () => {
	const text = read("docs/operations.md");

	test("has every problem, and no other", () => {
		const documented = rowsUnder("docs/operations.md", "## Problems").flatMap(([code = ""]) => codesIn(code));

		expect(documented.toSorted()).toEqual(problemCodes());
	});

	test("has every exit code", () => {
		const documented = rowsUnder("docs/operations.md", "## The command line").map(([first]) => Number(first));

		expect(documented).toEqual(expect.arrayContaining(Object.values(exitCodes)));
	});

	test("has every verb, and no other", () => {
		const documented = [...text.matchAll(/^\| `ballast ([a-z]+)` +\|/gm)].map(([, verb]) => verb);
		const known = [
			...read("src/cli/program.ts").matchAll(/(?:verb|asking|controllerVerb)\(program, "([a-z]+)"/g),
		].map(([, verb]) => verb);

		expect(documented.toSorted()).toEqual(known.toSorted());
	});

	test("has every template, and no other", () => {
		const documented = [...text.matchAll(/^(\S+\.eta) {2,}\S/gm)].map(([, name]) => name);

		expect(documented.toSorted()).toEqual(globSync("**/*.eta", { cwd: join(root, "templates") }).toSorted());
	});
});

describe("docs/dependencies.md", () => {
	const manifest: Record<string, Record<string, string>> = JSON.parse(read("package.json"));

	test.each([
		["## At run time", "dependencies"],
		["## To develop and test", "devDependencies"],
	])("has under '%s' each of package.json's %s, and no other", (heading, kind) => {
		const documented = rowsUnder("docs/dependencies.md", heading).flatMap(([name = ""]) => codesIn(name));

		expect(documented.toSorted()).toEqual(Object.keys(manifest[kind] ?? {}).toSorted());
	});
});

describe("docs/ARCHITECTURE.md", () => {
	const text = read("docs/ARCHITECTURE.md");

	test("has every folder of src/ in its map", () => {
		const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((at) => at.isDirectory());

		for (const { name } of folders) expect(text).toMatch(new RegExp(`\\| \`src/${name}/\` +\\|`));
	});

	test("names every decision", () => {
		for (const file of readdirSync(join(root, "docs/adr"))) expect(text).toContain(`(adr/${file})`);
	});

	test("names tests for each promise, and tests name each by its number", () => {
		const documented = rowsUnder("docs/ARCHITECTURE.md", "## What must stay true");
		const tested = testFiles().flatMap((file) => [...read(file).matchAll(/"promise (\d+)[,:]/g)]);

		expect(documented.map(([number]) => Number(number))).toEqual(promises);
		expect([...new Set(tested.map(([, number]) => Number(number)))].toSorted(ascending)).toEqual(promises);
		for (const [, , shownBy] of documented) expect(shownBy).toMatch(/\.(test|alone|long)\.ts/);
	});
});

describe.each(pages)("%s", (page) => {
	const text = read(page);

	test("links to what exists", () => {
		const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
		const broken = links.filter(([, path = "", anchor]) => {
			const target = path === "" ? page : join(dirname(page), path);
			return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
		});

		expect(broken.map(([link]) => link)).toEqual([]);
	});

	test("names files of ours that exist", () => {
		const named = [...text.matchAll(/`((?:src|e2e|docs|images|scripts|templates)\/[\w./-]+)`/g)];
		const missing = named.map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)));

		expect(missing).toEqual([]);
	});

	test("names targets of make that exist", () => {
		const targets = [...read("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, target]) => target);
		const named = [...text.matchAll(/(?:`|^|&& )make ([a-z-]+)/gm)].map(([, target]) => target);

		expect(targets).toEqual(expect.arrayContaining(named));
	});
});

/** The cells of the first tables' rows between this heading and the next of its level, without their header. */
function rowsUnder(page: string, heading: string): readonly (readonly string[])[] {
	const [, after = ""] = read(page).split(`\n${heading}\n`);
	const [section = ""] = after.split("\n## ");
	return section
		.split("\n")
		.filter((line) => line.startsWith("| `") || /^\| \d/.test(line) || line.startsWith('| "'))
		.map((line) => line.split("|").slice(1, -1))
		.map((cells) => cells.map((cell) => cell.trim()));
}

function codesIn(text: string): readonly string[] {
	return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

const promises = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

function ascending(one: number, other: number): number {
	return one - other;
}

/** The codes of problems, and of errors that become one when they end a pass. */
function problemCodes(): readonly string[] {
	const sources = globSync("src/{model,render,docker,handlers,haproxy,state,reconcile,autoscale}/**/*.ts", {
		cwd: root,
	});
	const texts = sources.filter((file) => !file.endsWith(".test.ts")).map(read);
	const codes = texts.flatMap((text) => [...text.matchAll(problemCode)].map(([, code = ""]) => code));
	return [...new Set(codes)].filter((code) => !toldOtherwise.has(code)).toSorted();
}

const problemCode = /(?:\bcode: |AppError\(\s*)(?:[\w?.]+ \?\? )?"([a-z-]+)"/g;

/** Told at the start, as the state of the engine, by the command line, and as part of another problem. */
const toldOtherwise = new Set(["docker-host", "docker-events-cut", "bad-input", "not-renderable"]);

function testFiles(): readonly string[] {
	return globSync(["src/**/*.test.ts", "e2e/**/*.test.ts", "e2e/**/*.alone.ts", "e2e/**/*.long.ts"], {
		cwd: root,
	});
}

/** As forges make them of headings. */
function anchorsOf(page: string): readonly string[] {
	return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => {
		return heading
			.toLowerCase()
			.replaceAll(/[^\w\- ]/g, "")
			.replaceAll(" ", "-");
	});
}
