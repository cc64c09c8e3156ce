import { readFileSync } from "node:fs";
import { appendFile, cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { docker } from "../../e2e/harness/docker.ts";
import { type Dockerfile, parseDockerfile, writeDockerfile } from "./dockerfile.ts";
import { bytesToPull, distinct, type Layer, layersOf, totalOf, without } from "./layers.ts";
import { merged } from "./merged.ts";
import { perCommand } from "./per-command.ts";

/** A way of writing the same Dockerfiles. */
export type Way = {
	readonly name: string;
	readonly rewrite: (dockerfile: Dockerfile, read: (path: string) => string) => Dockerfile;
	/** Whether what was built is exported and imported again, as one layer. */
	readonly flat: boolean;
};

export const ways: readonly Way[] = [
	{ name: "as they are", rewrite: (dockerfile) => dockerfile, flat: false },
	{ name: "one RUN per command", rewrite: perCommand, flat: false },
	{ name: "all merged into one RUN", rewrite: merged, flat: false },
	{ name: "flattened to one layer", rewrite: (dockerfile) => dockerfile, flat: true },
];

/** What a way costs, in bytes and seconds. */
export type Cost = {
	readonly proxy: number;
	readonly layers: number;
	/** What proxy and base have in common. */
	readonly shared: number;
	/** base, proxy and webapp on one disk. */
	readonly disk: number;
	/** After a change in src/ alone. */
	readonly pull: number;
	readonly rebuildMs: number;
};

export const imageNames = ["base", "proxy", "webapp"] as const;
const root = join(import.meta.dirname, "../..");
/** All that scripts/images reads. */
const context = [
	".dockerignore",
	"images",
	"package.json",
	"package-lock.json",
	"scripts",
	"src",
	"templates",
];

/** Builds the images that way in a copy of the context, then again with a change in src/. */
export async function measure(
	way: Way,
	directory: string,
	namespace: string,
	signal: AbortSignal,
): Promise<Cost> {
	await rm(directory, { recursive: true, force: true });
	for (const path of context) await cp(join(root, path), join(directory, path), { recursive: true });
	for (const image of imageNames) await rewrite(way, directory, join("images", image, "Dockerfile"));

	await build(way, directory, `${namespace}/first`, signal);
	const [base = [], proxy = [], webapp = []] = await layersOfAll(`${namespace}/first`);
	await appendFile(join(directory, "src/main.ts"), `// ${namespace}\n`);
	const began = Date.now();
	await build(way, directory, `${namespace}/changed`, signal);
	const rebuildMs = Date.now() - began;
	const here = [...base, ...proxy, ...webapp];
	return {
		proxy: totalOf(proxy),
		layers: proxy.length,
		shared: totalOf(proxy) - totalOf(without(proxy, base)),
		disk: totalOf(distinct(here)),
		pull: await bytesToPull(`${namespace}/changed/proxy`, here),
		rebuildMs,
	};
}

async function rewrite(way: Way, directory: string, path: string): Promise<void> {
	const text = await readFile(join(directory, path), "utf8");
	const read = (file: string) => readFileSync(join(directory, file), "utf8");
	await writeFile(join(directory, path), writeDockerfile(way.rewrite(parseDockerfile(text), read)));
}

async function build(
	way: Way,
	directory: string,
	namespace: string,
	cancelSignal: AbortSignal,
): Promise<void> {
	await execa(join(directory, "scripts/images"), { env: { IMAGES: namespace }, cancelSignal, all: true });
	if (way.flat) for (const image of imageNames) await flatten(`${namespace}/${image}`);
}

async function flatten(image: string): Promise<void> {
	const container = await docker("create", image);
	try {
		await execa({ shell: "bash" })`set -o pipefail; docker export ${container} | docker import - ${image}`;
	} finally {
		await docker("rm", "--volumes", container);
	}
}

async function layersOfAll(namespace: string): Promise<readonly (readonly Layer[])[]> {
	return Promise.all(imageNames.map(async (image) => layersOf(`${namespace}/${image}`)));
}
