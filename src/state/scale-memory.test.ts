import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { noScaleMemory, type PoolMemory, type ScaleMemory } from "../model/scale-memory.ts";
import { container } from "../testing/containers.ts";
import { savedTemplate } from "../testing/templates.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { openScaleMemory } from "./scale-memory.ts";

const about = "role=backend ballast.";
const secret = "PASSWORD=hunter2";

const pool: PoolMemory = {
	original: container("web", { labels: { "ballast.scale": "3" } }),
	template: savedTemplate("many-options", ({ Config }) => {
		Config["Env"] = [secret];
	}),
	ordered: "paused",
	members: [{ id: "1", name: "web-scale-1", isClone: true }],
	parked: ["2"],
	failures: { count: 2, name: "web-scale-2" },
};
const memory: ScaleMemory = {
	heardUntil: 1_795_977_885_133.184,
	stopped: ["2"],
	ours: ["3"],
	pools: new Map([["nodes", pool]]),
};

async function directory() {
	const temporary = await temporaryDirectory();
	const file = join(temporary.path, "scale-memory.json");
	const open = async (of = about) => await openScaleMemory(temporary.path, of);
	return { ...temporary, file, open };
}

test.each<[string, Partial<PoolMemory>]>([
	["all", {}],
	["nothing that may be missing", { ordered: undefined, failures: undefined }],
	["of what Compose has made", { template: savedTemplate("of-compose") }],
])("what is written down is known to the next controller: %s", async (_, over) => {
	await using state = await directory();
	const kept = { ...memory, pools: new Map([["nodes", { ...pool, ...over }]]) };
	await (await state.open()).keep(kept);

	expect((await state.open()).kept).toEqual(kept);
});

test("nobody else may read it, whatever an earlier try has left there", async () => {
	await using state = await directory();
	await writeFile(`${state.file}.next`, "", { mode: 0o644 });
	await (await state.open()).keep(memory);

	expect((await stat(state.file)).mode & 0o777).toBe(0o600);
	expect(await readFile(state.file, "utf8")).toContain(secret);
	expect(await readdir(state.path)).toEqual(["scale-memory.json"]);
});

test("the time alone is no reason to write, and comes with the next", async () => {
	await using state = await directory();
	const store = await state.open();
	await store.keep(memory);
	await store.keep({ ...memory, heardUntil: 1_900_000_000_000 });
	expect((await state.open()).kept.heardUntil).toBe(memory.heardUntil);

	await store.keep({ ...memory, heardUntil: 1_900_000_000_000, stopped: [] });
	expect((await state.open()).kept.heardUntil).toBe(1_900_000_000_000);
});

test("what is no longer asked for is forgotten", async () => {
	await using state = await directory();
	const store = await state.open();
	await store.keep(memory);
	await store.keep({ ...memory, pools: new Map() });

	expect(await readFile(state.file, "utf8")).not.toContain(secret);
});

test.each(["", "{", '{"pools":{"nodes":{}}}', "null"])("a file such as %j is none", async (text) => {
	await using state = await directory();
	await writeFile(state.file, text);

	expect((await state.open()).kept).toEqual(noScaleMemory);
});

test("what was about other labels is nobody's", async () => {
	await using state = await directory();
	await (await state.open()).keep(memory);

	expect((await state.open("role=other ballast.")).kept).toEqual(noScaleMemory);
});

test("where it can't be written, that is told without what is in it, and it is tried again", async () => {
	await using state = await directory();
	const store = await state.open();
	await mkdir(join(`${state.file}.next`, "in the way"), { recursive: true });
	await store.keep(memory);

	expect(store.problems()).toMatchObject([{ code: "scale-memory-not-kept", subject: state.file }]);
	expect(JSON.stringify(store.problems())).not.toContain("hunter2");
	await rm(`${state.file}.next`, { recursive: true });
	await store.keep(memory);
	expect(store.problems()).toEqual([]);
	expect((await state.open()).kept).toEqual(memory);
});
