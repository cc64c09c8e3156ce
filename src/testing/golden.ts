import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { emptyFleet, type Fleet } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import type { ProxyOptions } from "../render/options.ts";

/** A case that a person can read: what goes in as JSON, a line of dashes, and the files that come out. */
export type Golden = {
	readonly name: string;
	readonly file: string;
	readonly input: string;
	readonly fleet: Fleet;
	readonly options: ProxyOptions;
};

export const testOptions: ProxyOptions = {
	httpPort: 80,
	statsPort: 1936,
	ipv6: false,
	adminSocket: "/run/haproxy/admin.sock",
	handoverSocket: "/run/haproxy/handover.sock",
	carried: {
		servers: "/var/lib/ballast/generation/carried/servers",
		counters: "/var/lib/ballast/generation/carried/counters",
	},
	accessLog: false,
	trustedProxies: [],
	cookieKey: "the-key-of-a-test",
	threads: 2,
	maxconn: 10_000,
	fdHardLimit: 20_200,
	hardStopAfter: "30m",
};

export const shippedTemplates = join(import.meta.dirname, "../../templates");

const directory = join(import.meta.dirname, "../render/testdata");
const dashes = "-".repeat(60);

/** The cases of src/render/testdata. Their output is written by `vitest run --project unit src/render --update`. */
export function goldens(): readonly Golden[] {
	return readdirSync(directory)
		.filter((name) => name.endsWith(".cfg"))
		.sort()
		.map((name) => goldenOf(name.slice(0, -".cfg".length), join(directory, name)));
}

/** What a golden file should hold. Pages are the same in every case, and left out. */
export function goldenText(golden: Golden, generation: Generation): string {
	const waiting = golden.fleet.pools.some(({ wait }) => wait !== undefined);
	const paths = ["haproxy.cfg", "maps/routes.map", ...(waiting ? ["maps/waits.map", "hold.lua"] : [])];
	const outputs = paths.map((path) => `${dashes} ${path}\n${generation.files.get(path) ?? ""}`);
	return [golden.input, ...outputs].join("");
}

function goldenOf(name: string, file: string): Golden {
	const [input = ""] = readFileSync(file, "utf8").split(dashes, 1);
	const { options = {}, fleet = emptyFleet } = JSON.parse(input);
	return { name, file, input, fleet, options: { ...testOptions, ...options } };
}
