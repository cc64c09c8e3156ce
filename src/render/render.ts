import { AppError } from "../errors.ts";
import type { Fleet } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import type { Templates } from "./engine.ts";
import type { ProxyOptions } from "./options.ts";
import { letsWait } from "./outdated.ts";
import { digest, structureOf } from "./structure.ts";
import { type View, viewOf } from "./view.ts";

/**
 * Everything HAProxy reads for a fleet. Pure: the same arguments give the same bytes.
 * Throws `AppError` `template-broken` when a template fails on this fleet.
 */
export function render(fleet: Fleet, options: ProxyOptions, templates: Templates): Generation {
	// The structure's id stands in the files that it is made of: they are written once without it, and once with it.
	const nameless = patient(viewOf(fleet, options, ""), templates);
	const structure = structureOf(filesOf(nameless, templates), nameless, fleet);
	const files = filesOf({ ...nameless, structure }, templates);
	refuseUnnamed(files, structure);
	refuseLost(files, nameless);
	return { id: digest([...files]), structure, files, fleet };
}

/** With templates that let nobody wait, no pool is told to be one that is waited for: it would be put to sleep for good. */
function patient(view: View, templates: Templates): View {
	if (view.waits.length === 0 || letsWait(templates.write("haproxy.cfg", view))) return view;
	return { ...view, waits: [], pools: view.pools.map((pool) => ({ ...pool, isWaitedFor: false })) };
}

function filesOf(view: View, templates: Templates): ReadonlyMap<string, string> {
	return new Map(templates.outputs.map((path) => [path, templates.write(path, view)]));
}

/** A process that can't be asked which structure it runs would be reloaded for ever. */
function refuseUnnamed(files: ReadonlyMap<string, string>, structure: string): void {
	const line = new RegExp(`^\\s*description ${structure}$`, "m");
	if (line.test(files.get("haproxy.cfg") ?? "")) return;
	throw new AppError(
		"template-broken",
		"the haproxy.cfg that the templates write does not tell its structure",
		{
			hint: "keep the line `description <%= it.structure %>` in the global section",
		},
	);
}

/** Servers come and go in the backend of their pool's name: in another, nobody would find them. */
function refuseLost(files: ReadonlyMap<string, string>, { pools }: View): void {
	const sections = (files.get("haproxy.cfg") ?? "").matchAll(/^\s*(?:backend|listen)\s+(\S+)/gm);
	const names = new Set([...sections].map(([, name]) => name));
	const lost = pools.find(({ name }) => !names.has(name));
	if (lost === undefined) return;
	throw new AppError(
		"template-broken",
		`the haproxy.cfg that the templates write has no backend for the pool ${lost.name}`,
		{
			hint: "keep the line `backend <%= it.pool.name %>` in partials/pool.cfg.eta, once for each of it.pools",
		},
	);
}
