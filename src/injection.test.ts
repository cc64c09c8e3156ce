import fc from "fast-check";
import { expect, test } from "vitest";
import { build } from "./model/build.ts";
import type { Container } from "./model/container.ts";
import { membersOf } from "./model/fleet.ts";
import { loadTemplates } from "./render/engine.ts";
import { render } from "./render/render.ts";
import { surroundings } from "./testing/containers.ts";
import { shippedTemplates, testOptions } from "./testing/golden.ts";
import { harmless, hostileContainer, hostileFleets } from "./testing/hostile.ts";

const templates = await loadTemplates(shippedTemplates, undefined);

function filesOf(containers: readonly Container[]): ReadonlyMap<string, string> {
	const { fleet } = build(surroundings({ containers, policy: { port: 8080 } }));
	return render(fleet, testOptions, templates).files;
}

const comment = /^ {4}# [a-zA-Z0-9][a-zA-Z0-9_.-]*, container [0-9a-f]{12}$/;
const server =
	/^ {4}server [a-zA-Z0-9][a-zA-Z0-9_.-]*-[0-9a-f]{8} \d{1,3}(\.\d{1,3}){3}:\d{1,5} weight \d{1,3}( maxconn [1-9]\d{0,6})?( hash-key addr-port)? check inter 2s fastinter 500ms downinter 1s fall 3 rise 2 pool-purge-delay 100ms guid [0-9a-f]{32}\.[a-zA-Z0-9_.-]+$/;
const backend = /^backend [a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;
/** What a pool's policy may add to its section, line by line. */
const policy = [
	/^ {4}# [^\n]+$/,
	/^ {4}cookie ballast-[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62} insert indirect nocache dynamic httponly attr SameSite=Lax$/,
	/^ {4}dynamic-cookie-key the-key-of-a-test$/,
	/^ {4}balance hash var\(txn\.client\)$/,
	/^ {4}hash-type consistent sdbm avalanche$/,
	/^ {4}guid pool\.[a-zA-Z0-9_.-]+$/,
	/^ {4}timeout check 2s$/,
	/^ {4}option httpchk$/,
	/^ {4}http-check send meth GET uri \/[a-zA-Z0-9/._~?=&-]{0,199} ver HTTP\/1\.1 hdr Host localhost$/,
	/^ {4}http-check expect status 200-399$/,
];
const size = /^# (no|\d+) servers?$/;

/** The lines, with those that tell of the whole fleet made equal: the generation's id and how many servers a pool has. */
function linesOf(files: ReadonlyMap<string, string>): readonly string[] {
	return (files.get("haproxy.cfg") ?? "")
		.split("\n")
		.map((line) =>
			size.test(line) ? "# size" : line.replace(/^ {4}description [0-9a-f]{12}$/, "    description"),
		);
}

/** What remains of the lines without the two of this container, and without its pool if nobody else is in it. */
function without(one: Container, lines: readonly string[], before: readonly string[]): readonly string[] {
	const at = lines.indexOf(`    # ${one.name}, container ${one.id.slice(0, 12)}`);
	if (at < 0) return withoutWaiting(lines, before);
	expect(lines[at]).toMatch(comment);
	expect(lines[at + 1]).toMatch(server);
	expect(lines[at + 1]).toContain(`    server ${one.name}-${one.id.slice(0, 8)} ${one.networks[0]?.ipv4}:`);
	const rest = lines.toSpliced(at, 2);
	const start = lines.slice(0, at).findLastIndex((line) => line.startsWith("backend "));
	const section = lines[start] ?? "";
	if (before.includes(section)) return rest;
	expect(section).toMatch(backend);
	for (const line of lines.slice(start + 1, at)) expect(policy.some((one) => one.test(line))).toBe(true);
	expect(rest.slice(start - 2, start)).toEqual(["", "# size"]);
	return rest.toSpliced(start - 2, at - start + 2);
}

/** What remains without the pool of one that is not ready: it waits there, empty. */
function withoutWaiting(lines: readonly string[], before: readonly string[]): readonly string[] {
	const start = lines.findIndex((line) => line.startsWith("backend ") && !before.includes(line));
	if (start < 0) return lines;
	expect(lines[start]).toMatch(backend);
	const length = lines.slice(start).indexOf("");
	for (const line of lines.slice(start + 1, start + length))
		expect(policy.some((one) => one.test(line))).toBe(true);
	expect(lines.slice(start - 2, start)).toEqual(["", "# size"]);
	return lines.toSpliced(start - 2, length + 2);
}

const usual = filesOf(harmless);
const usualLines = linesOf(usual);

test("promise 8: whatever labels a container has, it adds its own server line, at most a pool for it, and nothing else", () => {
	fc.assert(
		fc.property(hostileContainer, (one) => {
			const files = filesOf([...harmless, one]);

			expect(without(one, linesOf(files), usualLines)).toEqual(usualLines);
			for (const [path, text] of files) if (path !== "haproxy.cfg") expect(text).toBe(usual.get(path));
		}),
		{ numRuns: 300 },
	);
});

test("promise 8: no value of a label makes building or rendering fail", () => {
	const many = fc.uniqueArray(hostileContainer, { selector: ({ name }) => name, maxLength: 6 });

	fc.assert(
		fc.property(many, (containers) => {
			expect(() => filesOf(containers)).not.toThrow();
		}),
		{ numRuns: 100 },
	);
});

test("the hostile sample is no empty threat: most of its containers are served, in many pools", () => {
	const members = hostileFleets(100).flatMap(membersOf);

	expect(members.length).toBeGreaterThan(150);
	expect(members.filter(({ server }) => server.maxconn !== undefined).length).toBeGreaterThan(30);
	const pools = hostileFleets(100).flatMap((fleet) => fleet.pools);
	for (const sticky of ["cookie", "source"] as const)
		expect(pools.filter((pool) => pool.sticky === sticky).length).toBeGreaterThan(15);
	expect(pools.filter((pool) => pool.check !== undefined).length).toBeGreaterThan(30);
	expect(new Set(members.map(({ pool }) => pool)).size).toBeGreaterThan(8);
});
