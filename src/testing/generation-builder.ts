import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { emptyFleet, type Fleet } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";

/** One pool of one server. */
export const fleetOfOne: Fleet = {
	...emptyFleet,
	pools: [
		{
			name: "nodes",
			servers: [
				{
					name: "web-1-0a1b2c3d",
					container: { id: "0a1b2c3d".repeat(8), name: "web-1" },
					address: "192.168.42.3",
					port: 3000,
					weight: 100,
				},
			],
		},
	],
};

/** A generation of two files in the directory and one below it, which all name the id. */
export function generationOf(id: string): Generation {
	const files = new Map([
		["haproxy.cfg", `# ${id}\n`],
		["hosts.map", `${id} nodes\n`],
		["errors/503.http", `${id}\n`],
	]);
	return { id, structure: `structure of ${id}`, files, fleet: fleetOfOne };
}

/** What is in a directory, the links with their targets. */
export async function listing(root: string): Promise<readonly string[]> {
	const entries = await readdir(root, { withFileTypes: true });
	const names = entries.map(async (entry) =>
		entry.isSymbolicLink() ? `${entry.name} -> ${await readlink(join(root, entry.name))}` : entry.name,
	);
	return (await Promise.all(names)).sort();
}
