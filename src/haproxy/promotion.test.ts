import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { listing } from "../testing/generation-builder.ts";
import { accept, first, second, third, withGenerations } from "../testing/generations-on-disk.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createGenerations } from "./generations.ts";

test("promise 4: a promotion swaps one link, keeps the generation before, and removes older ones", async () => {
	await withGenerations(async (generations, root) => {
		for (const each of [first, second, third]) await generations.promote(each);

		expect(await listing(root)).toEqual([
			second.id,
			third.id,
			`current -> ${third.id}`,
			`previous -> ${second.id}`,
		]);
		await expect(readFile(join(root, "current", "haproxy.cfg"), "utf8")).resolves.toBe(`# ${third.id}\n`);
		await expect(readFile(join(root, "previous", "errors/503.http"), "utf8")).resolves.toBe(`${second.id}\n`);
	});
});

test("promise 4: HAProxy may read every file by its group, and nobody else may", async () => {
	await withGenerations(async (generations, root) => {
		await generations.promote(first);

		const modes = ["haproxy.cfg", "hosts.map", "errors/503.http", "fleet.json", "errors", "."].map(
			async (path) => ((await stat(join(root, "current", path))).mode & 0o777).toString(8),
		);
		expect(await Promise.all(modes)).toEqual(["640", "640", "640", "640", "750", "750"]);
	});
});

test("promise 4: whoever reads the generation in force at any moment finds a whole file", async () => {
	await withGenerations(async (generations, root) => {
		await generations.promote(first);
		const seen = new Set<string>();
		let promoting = true;
		const reading = (async () => {
			while (promoting) seen.add(await readFile(join(root, "current", "haproxy.cfg"), "utf8"));
		})();
		for (let round = 0; round < 5; round++)
			for (const each of [second, first]) await generations.promote(each);
		promoting = false;
		await reading;

		expect([...seen].sort()).toEqual([`# ${first.id}\n`, `# ${second.id}\n`]);
	});
});

test("promise 4: a process that is killed while it promotes leaves a whole generation in force", async () => {
	await using dir = await temporaryDirectory();
	const script = join(dir.path, "promote.ts");
	const root = join(dir.path, "generation");
	await mkdir(root);
	await writeFile(script, promoteForEver(root));

	for (let kills = 1; kills <= 4; kills++) {
		const promoter = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
		for await (const line of createInterface(promoter.stdout)) if (line === `promoted ${kills}`) break;
		promoter.kill("SIGKILL");
		await once(promoter, "close");

		const inForce = await createGenerations(root, accept).current(true);
		const sizes = ["haproxy.cfg", "errors/503.http"].map(
			async (path) => (await stat(join(root, "current", path))).size,
		);
		expect(inForce?.id).toMatch(/^\d{12}$/);
		expect(await Promise.all(sizes)).toEqual([200_000, 200_000]);
	}
	await createGenerations(root, accept).promote(first);
	expect(await listing(root)).toHaveLength(4);
});

function promoteForEver(root: string): string {
	return `
		import { createGenerations } from ${JSON.stringify(join(import.meta.dirname, "generations.ts"))};
		const generations = createGenerations(${JSON.stringify(root)}, async () => ({ accepted: true }));
		const contents = "x".repeat(200_000);
		for (let count = 1; ; count++) {
			const files = new Map([["haproxy.cfg", contents], ["errors/503.http", contents]]);
			await generations.promote({ id: String(count).padStart(12, "0"), structure: "s", files, fleet: { pools: [], routes: [] } });
			console.log("promoted " + count);
		}`;
}

test("promise 4: what can't be written whole is not promoted, and leaves nothing behind", async () => {
	await withGenerations(async (generations, root) => {
		await generations.promote(first);
		await mkdir(join(root, second.id, "hosts.map", "in the way"), { recursive: true });

		await expect(generations.promote(second)).rejects.toMatchObject({
			code: "generation-disk",
			message: expect.stringContaining(`Generation ${second.id} could not be written to ${root}`),
		});

		expect(await listing(root)).toEqual([first.id, `current -> ${first.id}`]);
		await generations.promote(second);
		await expect(generations.current(true)).resolves.toHaveProperty("id", second.id);
	});
});
