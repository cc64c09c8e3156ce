import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "../../e2e/harness/docker.ts";
import { images } from "../../e2e/harness/images.ts";
import { table } from "../../src/cli/table.ts";
import { distinct, layersOf, totalOf, without } from "./layers.ts";
import { type Cost, imageNames, measure, ways } from "./ways.ts";

/* `make images-report`: what the images take, what they share, and what other ways of writing them would cost. */

const megabyte = 1_000_000;

async function reportSizes(): Promise<void> {
	const [base = [], ...others] = await Promise.all(imageNames.map(async (name) => layersOf(images[name])));
	const rows = [base, ...others].map((layers, index) => {
		const own = index === 0 ? layers : without(layers, base);
		const shared = totalOf(layers) - totalOf(own);
		return [
			images[imageNames[index] ?? "base"],
			mb(totalOf(layers)),
			mb(totalOf(own)),
			mb(shared),
			`${layers.length}`,
		];
	});
	console.log(`\n${table(["IMAGE", "SIZE", "ITS OWN", "SHARED WITH BASE", "LAYERS"], rows)}\n`);
	const all = [base, ...others].flat();
	console.log(
		`All three take ${mb(totalOf(distinct(all)))} of disk; without sharing, ${mb(totalOf(all))}.\n`,
	);
}

async function reportWays(directory: string, namespace: string, signal: AbortSignal): Promise<void> {
	const rows: (readonly string[])[] = [];
	for (const [index, way] of ways.entries()) {
		const cost = await step(
			`Building base, proxy and webapp ${way.name}, twice`,
			measure(way, directory, `${namespace}/${index}`, signal),
		);
		rows.push([way.name, ...cellsOf(cost)]);
	}
	const headings = ["WRITTEN", "PROXY", "LAYERS", "SHARED", "ALL THREE", "TO PULL", "TO BUILD"];
	console.log(`\n${table(headings, rows)}\n`);
	console.log(`SHARED      of the proxy, with base
ALL THREE   base, proxy and webapp on one disk
TO PULL     after a change in src/ alone, by who has the images of before: compressed, as a registry keeps it
TO BUILD    after the same change

What was built for this is removed again. Its steps stay in the build cache, until docker builder prune.`);
}

function cellsOf({ proxy, layers, shared, disk, pull, rebuildMs }: Cost): readonly string[] {
	return [mb(proxy), `${layers}`, mb(shared), mb(disk), mb(pull), `${(rebuildMs / 1_000).toFixed(0)} s`];
}

function mb(bytes: number): string {
	return `${(bytes / megabyte).toFixed(1)} MB`;
}

/** As scripts/progress.sh tells it. */
async function step<T>(what: string, work: Promise<T>): Promise<T> {
	const began = Date.now();
	process.stdout.write(`  ${what} `);
	const timer = setInterval(() => process.stdout.write("."), 2_000);
	try {
		const result = await work;
		console.log(`done (${Math.round((Date.now() - began) / 1_000)} s)`);
		return result;
	} finally {
		clearInterval(timer);
	}
}

/** Images with another name, too, such as those in use, only lose the one that we gave them. */
async function removeImages(namespace: string): Promise<void> {
	const tags = await docker("images", "--format", "{{.Repository}}:{{.Tag}}");
	const ours = tags.split("\n").filter((tag) => tag.startsWith(`${namespace}/`));
	if (ours.length > 0) await docker("rmi", ...ours);
}

const enough = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => enough.abort());
const namespace = `images-report-${randomBytes(4).toString("hex")}`;
const directory = await mkdtemp(join(tmpdir(), "ballast-images-report-"));
try {
	await reportSizes();
	await reportWays(directory, namespace, enough.signal);
} catch (thrown) {
	console.error(
		`\n\n${enough.signal.aborted ? "Ended." : thrown instanceof Error ? thrown.message : thrown}`,
	);
	process.exitCode = 1;
} finally {
	await rm(directory, { recursive: true });
	await removeImages(namespace);
}
