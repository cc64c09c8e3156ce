import * as v from "valibot";
import type { Fleet } from "../model/fleet.ts";

const fleet = v.object({
	pools: v.array(
		v.object({
			name: v.string(),
			// Older versions knew neither of these, nor `maxconn`.
			sticky: v.exactOptional(v.picklist(["cookie", "source"])),
			check: v.exactOptional(v.string()),
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
export function parseFleet(text: string): Fleet | undefined {
	const result = v.safeParse(v.pipe(v.string(), v.parseJson(), fleet), text);
	return result.success ? result.output : undefined;
}
