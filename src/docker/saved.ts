import { AppError } from "../errors.ts";
import type { Container, Inventory } from "../model/container.ts";
import { containerOf } from "./inspect.ts";

/**
 * The inventory that saved `docker inspect` answers tell of: a JSON array of containers, as
 * `docker inspect a b > file` writes it. Throws `AppError` `bad-input`.
 *
 * @param source names the text in errors
 * @param proxy the name or id of the one that is the proxy; without it, the view from outside of any container
 */
export function savedInventory(text: string, source: string, proxy: string | undefined): Inventory {
	const containers = containersIn(text, source);
	const self = containers.find(
		({ name, id }) => proxy !== undefined && (name === proxy || id.startsWith(proxy)),
	);
	if (proxy !== undefined && self === undefined) {
		throw new AppError(
			"bad-input",
			`${source} has no container ${proxy}: it has ${containers.map(({ name }) => name).join(", ")}`,
			{
				hint: "add it with: docker inspect " + proxy,
			},
		);
	}
	return { proxy: { container: self }, containers, leaving: new Map() };
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
	return json.map((one: unknown) => containerOf(one));
}
