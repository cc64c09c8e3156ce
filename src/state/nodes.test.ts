import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFleet, type Fleet } from "../model/fleet.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createNodes } from "./nodes.ts";

/** A fleet of one pool, with a server per container name and address. */
function fleetOf(addresses: Record<string, string>): Fleet {
	const servers = Object.entries(addresses).map(([name, address]) => ({
		name: `${name}-0a1b2c3d`,
		container: { id: "0a1b2c3d".repeat(8), name },
		address,
		port: 3000,
		weight: 100,
	}));
	return { ...emptyFleet, pools: [{ name: "nodes", servers }] };
}

/** Contents by name, hidden files too. */
async function contentsOf(dir: string): Promise<Record<string, string>> {
	const entries = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isFile());
	const read = entries.map(async ({ name }) => [name, await readFile(join(dir, name), "utf8")] as const);
	return Object.fromEntries(await Promise.all(read));
}

test("a file per server holds its container's name and address", async () => {
	await using dir = await temporaryDirectory();

	await expect(
		createNodes(dir.path)(fleetOf({ "web-1": "192.168.42.3", "web-2": "fd00::2" })),
	).resolves.toEqual([]);

	expect(await contentsOf(dir.path)).toEqual({
		"web-1-0a1b2c3d": "web-1 192.168.42.3\n",
		"web-2-0a1b2c3d": "web-2 fd00::2\n",
	});
});

test("after each call the files are equal to the fleet: who left is gone, who moved is corrected", async () => {
	await using dir = await temporaryDirectory();
	const nodes = createNodes(dir.path);
	await nodes(fleetOf({ "web-1": "192.168.42.3", "web-2": "192.168.42.4" }));

	await nodes(fleetOf({ "web-2": "192.168.42.5", "web-3": "192.168.42.3" }));
	expect(await contentsOf(dir.path)).toEqual({
		"web-2-0a1b2c3d": "web-2 192.168.42.5\n",
		"web-3-0a1b2c3d": "web-3 192.168.42.3\n",
	});

	await nodes(emptyFleet);
	expect(await contentsOf(dir.path)).toEqual({});
});

test("what an earlier life left is removed, a directory that is somebody else's is not", async () => {
	await using dir = await temporaryDirectory();
	await writeFile(join(dir.path, "stray-ffffffff"), "stray 192.168.42.9\n");
	await writeFile(join(dir.path, ".next"), "half a li");
	await mkdir(join(dir.path, "lost+found"));

	await createNodes(dir.path)(fleetOf({ "web-1": "192.168.42.3" }));

	expect((await readdir(dir.path)).sort()).toEqual(["lost+found", "web-1-0a1b2c3d"]);
});

test("a file that is right already isn't touched", async () => {
	await using dir = await temporaryDirectory();
	const nodes = createNodes(dir.path);
	await nodes(fleetOf({ "web-1": "192.168.42.3" }));
	const before = await stat(join(dir.path, "web-1-0a1b2c3d"));

	await nodes(fleetOf({ "web-1": "192.168.42.3", "web-2": "192.168.42.4" }));

	await expect(stat(join(dir.path, "web-1-0a1b2c3d"))).resolves.toMatchObject({
		ino: before.ino,
		mtimeMs: before.mtimeMs,
	});
});

test("whoever reads a file while it changes finds one line or the other, whole", async () => {
	await using dir = await temporaryDirectory();
	const nodes = createNodes(dir.path);
	const [one, other] = [fleetOf({ "web-1": "192.168.42.3" }), fleetOf({ "web-1": "192.168.42.44" })];
	await nodes(one);
	const seen = new Set<string>();
	let changing = true;
	const reading = (async () => {
		while (changing) seen.add(await readFile(join(dir.path, "web-1-0a1b2c3d"), "utf8"));
	})();
	for (let round = 0; round < 50; round++) for (const each of [other, one]) await nodes(each);
	changing = false;
	await reading;

	expect([...seen].sort()).toEqual(["web-1 192.168.42.3\n", "web-1 192.168.42.44\n"]);
});

test("a directory that can't be written is a problem, and no end", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "nodes");
	const nodes = createNodes(path);

	await expect(nodes(emptyFleet)).resolves.toMatchObject([{ code: "nodes-not-written", subject: path }]);
	await mkdir(path);
	await expect(nodes(emptyFleet)).resolves.toEqual([]);
});

test("a file that somebody has removed is there again after the next call", async () => {
	await using dir = await temporaryDirectory();
	const nodes = createNodes(dir.path);
	const fleet = fleetOf({ "web-1": "192.168.42.3", "web-2": "192.168.42.4" });
	await nodes(fleet);
	await rm(join(dir.path, "web-1-0a1b2c3d"));

	await nodes(fleet);

	expect(Object.keys(await contentsOf(dir.path)).sort()).toEqual(["web-1-0a1b2c3d", "web-2-0a1b2c3d"]);
});
