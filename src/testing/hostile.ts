import fc from "fast-check";
import { build } from "../model/build.ts";
import type { Container } from "../model/container.ts";
import type { Fleet } from "../model/fleet.ts";
import { container, idOf, surroundings } from "./containers.ts";

/** What has a meaning somewhere in haproxy.cfg, in a map, or in a template. */
const weapons = [
	...[
		"\n",
		"\r\n",
		"\t",
		" ",
		"\0",
		"\u001b[2J",
		"\u2028",
		"\u00a0",
		"#",
		"'",
		'"',
		"\\",
		"\\\n",
		"$\u007bHOME}",
		"$HOME",
	],
	...[
		"%[env(HOME)]",
		"%%",
		"%{+Q}o",
		"'-f' /etc/passwd",
		"-f",
		"||",
		"{ always_true }",
		"if TRUE",
		"unless",
		"unix@/run/x",
	],
	...[
		"ipv4@1.2.3.4",
		"abns@x",
		"fd@3",
		"\n    http-request deny\n",
		"\nbackend evil\n",
		"\nglobal\n    chroot /",
		"; id",
	],
	...[
		"<%= it %>",
		"<% } %>",
		"$\u007bprocess.env.PATH}",
		"check",
		"backup",
		"disabled",
		"cookie x",
		"../../etc/passwd",
		"*",
	],
	...[
		"constructor",
		"__proto__",
		"toString",
		"null",
		"undefined",
		"NaN",
		"Infinity",
		"-1",
		"1e3",
		"0x10",
		"٣",
		"ＰＯＯＬ",
	],
];

const valid: Readonly<Record<string, readonly string[]>> = {
	check: ["/", "/healthz", "/a/b.c_d~e-f?g=h&i", "//evil/", "/..", "/?"],
	enable: ["true", "TRUE"],
	maxconn: ["1", "20", "1000000", "007"],
	network: ["front"],
	pool: [
		"nodes",
		"api",
		"web",
		"stats",
		"defaults",
		"global",
		"-",
		"a.b_c-d",
		"0".repeat(63),
		"use_backend",
		"listen",
	],
	port: ["1", "80", "3000", "65535", "0080"],
	sticky: ["off", "cookie", "source"],
	weight: ["0", "1", "100", "256"],
};

const anything = fc.oneof(
	fc.constantFrom(...weapons),
	fc.string({ unit: "binary", maxLength: 30 }),
	fc.array(fc.constantFrom(...weapons), { maxLength: 4 }).map((parts) => parts.join("")),
);

/** A value that a label of ours may have, or nearly. */
function nearlyValid(key: string): fc.Arbitrary<string> {
	const right = fc.constantFrom(...(valid[key] ?? []));
	const spoilt = fc.tuple(right, anything, fc.boolean());
	return fc.oneof(
		{ weight: 14, arbitrary: right },
		{ weight: 1, arbitrary: spoilt.map(([value, more, after]) => (after ? value + more : more + value)) },
		{ weight: 1, arbitrary: anything },
	);
}

const ours = fc.record(
	Object.fromEntries(Object.keys(valid).map((key) => [`ballast.${key}`, nearlyValid(key)])),
	{ requiredKeys: [] },
);
const others = fc.dictionary(
	fc.oneof(
		anything,
		anything.map((key) => `ballast.${key}`),
	),
	anything,
	{ maxKeys: 4 },
);

/** A healthy container that wants to join, with any labels at all and any name that Docker takes. */
export const hostileContainer: fc.Arbitrary<Container> = fc
	.record({
		name: fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,40}$/),
		ours,
		others,
		image: anything,
		exposedPorts: fc.subarray([80, 443, 3000]),
	})
	.map(({ name, image, exposedPorts, ...labels }) =>
		container(name, {
			image,
			exposedPorts,
			// Younger than the harmless ones, so that it decides about no pool but its own.
			created: "2026-02-02T00:00:00Z",
			health: "healthy",
			labels: { ...labels.others, ...labels.ours, role: "backend" },
		}),
	);

/** The same hostile fleets each time, for whom it takes long to look at one. */
export function hostileFleets(count: number): readonly Fleet[] {
	const containers = fc.uniqueArray(hostileContainer, {
		selector: ({ name }) => name,
		minLength: 2,
		maxLength: 8,
	});
	return fc
		.sample(containers, { numRuns: count, seed: 42 })
		.map((hostile) => build(surroundings({ containers: hostile, policy: { port: 8080 } })).fleet);
}

/** Three containers in two pools who ask for nothing unusual. */
export const harmless: readonly Container[] = [
	container("web-1", { health: "healthy" }),
	container("web-2", { health: "healthy", id: idOf("another web") }),
	container("api-1", { health: "healthy", labels: { "ballast.pool": "api" } }),
];
