import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fleet } from "../model/fleet.ts";
import { parseRecord } from "./parse-fleet.ts";
import { removeIfAny } from "./write-tree.ts";

/**
 * What was in force when the proxy's container last ended: a link beside those of the generations, which
 * images/proxy/start makes of `current`, so that HAProxy reads nothing of it before it was judged.
 */
export type LastLife = {
	/** Undefined where there is none, or its record can't be read. */
	readonly fleet: () => Promise<Fleet | undefined>;
	/** Docker has answered: from now on it tells. */
	readonly forget: () => Promise<void>;
};

export const lastLifeLink = "last-life";

/** `root` is the directory of the generations. */
export function createLastLife(root: string): LastLife {
	const link = join(root, lastLifeLink);
	return {
		fleet: async () => parseRecord(await readFile(join(link, "fleet.json"), "utf8").catch(() => ""))?.fleet,
		// What can't be removed is judged again at the next start, and then by its own runs.
		forget: async () => await removeIfAny(link).catch(() => undefined),
	};
}
