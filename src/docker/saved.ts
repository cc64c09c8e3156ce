import { AppError, messageOf } from "../errors.ts";
import type { Container, Inventory } from "../model/container.ts";
import { containerOf } from "./inspect.ts";

/** What `docker inspect` said, kept in a file. */
export type SavedInspects = {
	/** A JSON array of containers, as `docker inspect a b` prints it. */
	readonly text: string;
	/** Names the text in errors. */
	readonly source: string;
	/** The name or id of the one that is the proxy; undefined: the view from outside of any container. */
	readonly proxy: string | undefined;
};

/** The inventory that saved answers tell of. Throws `AppError` `bad-input`. */
export function savedInventory({ text, source, proxy }: SavedInspects): Inventory {
	const containers = containersIn(text, source);
	const self = proxy === undefined || proxy === "" ? undefined : named(containers, proxy);
	if (proxy !== undefined && self === undefined) {
		const names = containers.map(({ name }) => name).join(", ");
		throw new AppError("bad-input", `${source} has no container ${proxy}: it has ${names}`, {
			hint: `name one of them, or save this one, too: docker inspect ${proxy} …`,
		});
	}
	return { proxy: { container: self }, containers, leaving: new Map(), unreadable: [] };
}

/** As Docker looks a container up: a name comes before the beginning of an id. */
function named(containers: readonly Container[], proxy: string): Container | undefined {
	return containers.find(({ name }) => name === proxy) ?? containers.find(({ id }) => id.startsWith(proxy));
}

function containersIn(text: string, source: string): readonly Container[] {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch (cause) {
		throw new AppError("bad-input", `${source} is not JSON`, {
			cause,
			hint: "make it with: docker inspect <container> … > FILE",
		});
	}
	if (!Array.isArray(json)) {
		throw new AppError("bad-input", `${source}: expected an array of containers, got ${typeof json}`, {
			hint: "make it with: docker inspect <container> … > FILE",
		});
	}
	try {
		return json.map((one: unknown) => containerOf(one));
	} catch (thrown) {
		throw new AppError("bad-input", `${source}: ${messageOf(thrown)}`, {
			hint: "make it anew with: docker inspect <container> … > FILE",
		});
	}
}
