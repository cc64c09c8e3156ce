import * as v from "valibot";
import type { Fleet } from "../model/fleet.ts";

const fleet = v.object({
	// Older versions did not write it: then the process is asked.
	structure: v.optional(v.string(), ""),
	pools: v.array(
		v.object({
			name: v.string(),
			// Older versions knew none of these, nor `maxconn`.
			sticky: v.exactOptional(v.picklist(["cookie", "source"])),
			check: v.exactOptional(v.string()),
			wait: v.exactOptional(v.object({ ms: v.number(), most: v.number() })),
			servers: v.array(
				v.object({
					name: v.string(),
					container: v.object({ id: v.string(), name: v.string() }),
					address: v.string(),
					port: v.number(),
					weight: v.number(),
					maxconn: v.exactOptional(v.number()),
					state: v.exactOptional(v.picklist(["drain", "maint"])),
				}),
			),
		}),
	),
	routes: v.array(v.object({ match: v.string(), pool: v.string() })),
});

/** A fleet as it was written down; undefined when the text is not one, such as after an update or a damaged disk. */
export function parseRecord(text: string): { readonly structure: string; readonly fleet: Fleet } | undefined {
	const result = v.safeParse(v.pipe(v.string(), v.parseJson(), fleet), text);
	if (!result.success) return undefined;
	const { structure, ...written } = result.output;
	return { structure, fleet: written };
}
