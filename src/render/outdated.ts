import type { Pool } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import type { Problem } from "../model/problem.ts";
import type { Templates } from "./engine.ts";
import { cookieName } from "./view.ts";

/**
 * What an operator's templates, made from older ones of ours, don't write, though labels ask for it or Ballast counts on it:
 * HAProxy accepts them, and nothing else would tell. It is looked for by a word of each, which a comment may hold as well.
 */
export function outdated({ fleet, files }: Generation, templates: Templates): readonly Problem[] {
	if (templates.sources.every(({ owner }) => owner === "ballast")) return [];
	const sections = sectionsOf(files.get("haproxy.cfg") ?? "");
	const bodyOf = (pool: Pool): string => sections.find((text) => isBackend(text, pool.name)) ?? "";
	const byClient = fleet.pools.filter(
		(pool) => pool.sticky === "source" && bodyOf(pool).includes("var(txn.client)"),
	);
	return [
		...fleet.pools.flatMap((pool) => lacksOf(pool, bodyOf(pool))),
		...(byClient.length === 0 ? [] : sections.flatMap(namelessClients)),
		...(fleet.pools.some(({ wait }) => wait !== undefined) ? sections.flatMap(impatience) : []),
		...(sections.some((text) => text.includes("_successor")) ? [] : [noHandover]),
	].map(problemOf);
}

type Lack = {
	/** Ours, which has it. */
	readonly template: string;
	readonly text: string;
	readonly where: string;
	readonly so: string;
};

function isBackend(section: string, name: string): boolean {
	const [keyword, named] = section.split(/\s+/, 2);
	return (keyword === "backend" || keyword === "listen") && named === name;
}

function lacksOf({ name, sticky, check }: Pool, body: string): readonly Lack[] {
	const words = body.split(/[\s"']+/);
	const lack = (text: string, label: string): Lack => ({
		template: "partials/pool.cfg.eta",
		text,
		where: `the backend of the pool ${name}`,
		so: `the label ${label} has no effect`,
	});
	const cookie = cookieName(name);
	return [
		...(sticky === "cookie" && !words.includes(cookie) ? [lack(`cookie ${cookie}`, "sticky=cookie")] : []),
		...(sticky === "source" && !/\bbalance\s+(hash|source)\b/.test(body)
			? [lack("balance hash var(txn.client)", "sticky=source")]
			: []),
		...(check !== undefined && !words.includes(check)
			? [lack(`http-check send … uri ${check}`, `check=${check}`)]
			: []),
	];
}

/** A frontend that leads to the pools, but doesn't say who asks. */
function namelessClients(section: string): readonly Lack[] {
	if (!leadsToPools(section) || section.includes("set-var(txn.client)")) return [];
	return [
		{
			template: "partials/client.cfg.eta",
			text: "http-request set-var(txn.client)",
			where: `the ${section.split(/\s+/, 2).join(" ")}`,
			so: "the label sticky=source has no effect",
		},
	];
}

/** A frontend that leads to the pools, and lets nobody wait for a server. */
function impatience(section: string): readonly Lack[] {
	if (!isImpatient(section)) return [];
	return [
		{
			template: "partials/routing.cfg.eta",
			text: "http-request set-var(txn.lost)` or `http-request lua.hold",
			where: `the ${section.split(/\s+/, 2).join(" ")}`,
			so: "no pool is put to sleep, and the label scale=0-n keeps one container at least",
		},
	];
}

function leadsToPools(section: string): boolean {
	return section.startsWith("frontend") && /\buse_backend\s+%\[/.test(section);
}

/** Without the one nobody waits, and without the other what comes back to wait would do so for ever. */
function isImpatient(section: string): boolean {
	return leadsToPools(section) && !["lua.hold", "txn.lost"].every((word) => section.includes(word));
}

/** Whether every frontend of it that leads to the pools lets requests wait for a server. */
export function letsWait(config: string): boolean {
	return !sectionsOf(config).some(isImpatient);
}

function sectionsOf(config: string): readonly string[] {
	return config.split(/^(?=(?:global|defaults|frontend|backend|listen)\s)/m);
}

const noHandover: Lack = {
	template: "partials/handover.cfg.eta",
	text: "backend _successor",
	where: "haproxy.cfg",
	so: "after a reload, clients that were idle may be sent to servers that have left",
};

function problemOf({ template, text, where, so }: Lack): Problem {
	return {
		code: "template-outdated",
		severity: "problem",
		subject: template,
		message: `${where}, as your templates write it, lacks \`${text}\`, which our ${template} has: ${so}`,
		hint: `compare your templates with ours in /opt/ballast/templates, where ${template} may be new; to do without, name it in a comment there`,
	};
}
