import { createHash } from "node:crypto";
import type { Fleet } from "../model/fleet.ts";
import { fixed } from "../model/generation.ts";
import { byText } from "../model/order.ts";
import { serverOptions } from "./server.ts";
import type { View } from "./view.ts";

type Files = ReadonlyMap<string, string>;

/**
 * What stays the same while servers come and go: every file, without the comments of `haproxy.cfg` and without the lines of
 * Ballast's own servers. A template that mentions servers elsewhere gives another structure with each, as does one that says
 * more of them, on their lines or by `default-server`: then none can be added to a process, which would lack those words.
 */
export function structureOf(files: Files, view: View, fleet: Fleet): string {
	const others = [...files].filter(([path]) => path !== "haproxy.cfg");
	const lines = directivesIn(files.get("haproxy.cfg") ?? "");
	const servers = view.pools.flatMap((pool) =>
		pool.servers.map(({ name, options }) => `server ${name} ${options}`),
	);
	const present = new Set(lines);
	const isFixed =
		lines.some((line) => /^default-server\s/.test(line)) || servers.some((line) => !present.has(line));
	if (isFixed) return fixed(digest([lines, others]));
	const own = new Set(servers);
	return digest([lines.filter((line) => !own.has(line)), optionsOf(fleet), others]);
}

/** 12 hexadecimal digits. */
export function digest(content: unknown): string {
	return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12);
}

function directivesIn(config: string): readonly string[] {
	return config
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "" && !line.startsWith("#"));
}

/** How servers of each pool are written: another version of Ballast may write them in another way. */
function optionsOf(fleet: Fleet): readonly string[] {
	const any = { name: "", container: { id: "", name: "" }, address: "192.0.2.1", port: 1, weight: 1 };
	return fleet.pools.map((pool) => serverOptions(any, pool)).sort(byText);
}
