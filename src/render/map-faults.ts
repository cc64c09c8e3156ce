import type { Finding, Generation } from "../model/generation.ts";

const map = "maps/routes.map";

/**
 * What is wrong with the map of routes. HAProxy's parser takes any text for a map of texts, and would send requests nowhere:
 * each line is a host and a pool, and the pool is a backend of the configuration.
 */
export function mapFaults({ files }: Pick<Generation, "files">): readonly Finding[] {
	const backends = new Set(
		[...(files.get("haproxy.cfg") ?? "").matchAll(/^\s*(?:backend|listen)\s+(\S+)/gm)].map(
			([, name]) => name,
		),
	);
	return (files.get(map) ?? "").split("\n").flatMap((text, at) => {
		const message = faultOf(text.trim(), backends);
		return message === undefined ? [] : [{ file: map, line: at + 1, message }];
	});
}

function faultOf(text: string, backends: ReadonlySet<string | undefined>): string | undefined {
	if (text === "" || text.startsWith("#")) return undefined;
	const [host = "", pool, ...more] = text.split(/\s+/);
	if (pool === undefined || more.length > 0) return `expected a host and a pool, got ${JSON.stringify(text)}`;
	return backends.has(pool)
		? undefined
		: `${host} leads to the pool ${pool}, which is no backend of haproxy.cfg`;
}
