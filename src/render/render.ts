import { createHash } from "node:crypto";
import { AppError } from "../errors.ts";
import type { Fleet } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import type { Templates } from "./engine.ts";
import type { ProxyOptions } from "./options.ts";
import { viewOf } from "./view.ts";

/**
 * Everything HAProxy reads for a fleet. Pure: the same arguments give the same bytes.
 * Throws `AppError` `template-broken` when a template fails on this fleet.
 */
export function render(fleet: Fleet, options: ProxyOptions, templates: Templates): Generation {
	// The id stands in the files that it is made of: they are written once without it, and once with it.
	const id = idOf(filesOf(fleet, options, templates, ""));
	const files = filesOf(fleet, options, templates, id);
	refuseUnnamed(files, id);
	return { id, files, fleet };
}

function filesOf(
	fleet: Fleet,
	options: ProxyOptions,
	templates: Templates,
	id: string,
): ReadonlyMap<string, string> {
	const view = viewOf(fleet, options, id);
	return new Map(templates.outputs.map((path) => [path, templates.write(path, view)]));
}

function idOf(files: ReadonlyMap<string, string>): string {
	return createHash("sha256")
		.update(JSON.stringify([...files]))
		.digest("hex")
		.slice(0, 12);
}

/** A process that can't be asked which generation it runs would be reloaded for ever. */
function refuseUnnamed(files: ReadonlyMap<string, string>, id: string): void {
	const line = new RegExp(`^\\s*description ${id}$`, "m");
	if (line.test(files.get("haproxy.cfg") ?? "")) return;
	throw new AppError(
		"template-broken",
		"the haproxy.cfg that the templates write does not tell its generation",
		{
			hint: "keep the line `description <%= it.generation %>` in the global section",
		},
	);
}
