import { createReadStream } from "node:fs";
import { mkdtemp, open, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { execa } from "execa";
import { docker, inspect } from "../../e2e/harness/docker.ts";

/** `bytes` as Docker counts what it takes on disk. */
export type Layer = { readonly digest: string; readonly bytes: number };

/** Of an image, oldest first. An image's list has no sizes, and its history no digests: they are in the same order. */
export async function layersOf(image: string): Promise<readonly Layer[]> {
	const digests = (await inspect(image, ".RootFS.Layers")) as readonly string[];
	const lines = await docker("history", "--no-trunc", "--human=false", "--format", "{{json .}}", image);
	const history: readonly Entry[] = lines
		.split("\n")
		.map((line) => JSON.parse(line))
		.toReversed();
	const sizes = history.filter(makesLayer).map(({ Size }) => Number(Size));
	if (sizes.length !== digests.length)
		throw new Error(`${image} has ${digests.length} layers, and ${sizes.length} in its history.`);
	return digests.map((digest, index) => ({ digest, bytes: sizes[index] ?? 0 }));
}

/** A line of `docker history`. */
type Entry = { readonly Size: string; readonly CreatedBy: string };

/** Other instructions leave a line in the history, and no layer. */
function makesLayer({ Size, CreatedBy }: Entry): boolean {
	return Size !== "0" || /^(?:RUN|COPY|ADD|WORKDIR) /.test(CreatedBy);
}

export function totalOf(layers: readonly Layer[]): number {
	return layers.reduce((total, { bytes }) => total + bytes, 0);
}

/** Each layer once, as on a disk. */
export function distinct(layers: readonly Layer[]): readonly Layer[] {
	return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}

export function without(layers: readonly Layer[], others: readonly Layer[]): readonly Layer[] {
	const known = new Set(others.map(({ digest }) => digest));
	return layers.filter(({ digest }) => !known.has(digest));
}

/** What a pull of the image transfers where the others' layers are there: compressed, as registries keep layers. */
export async function bytesToPull(image: string, others: readonly Layer[]): Promise<number> {
	const layers = await layersOf(image);
	const missing = new Set(without(layers, others).map(({ digest }) => digest));
	const directory = await mkdtemp(join(tmpdir(), "ballast-images-report-"));
	try {
		await execa({ shell: true })`docker save ${image} | tar --extract --directory ${directory}`;
		const [manifest] = JSON.parse(await readFile(join(directory, "manifest.json"), "utf8"));
		const files: readonly string[] = manifest.Layers;
		const wanted = files.filter((_, index) => missing.has(layers[index]?.digest ?? ""));
		const sizes = await Promise.all(wanted.map(async (file) => gzippedSize(join(directory, file))));
		return sizes.reduce((total, size) => total + size, 0);
	} finally {
		await rm(directory, { recursive: true });
	}
}

/** Some engines keep layers compressed as they are. */
async function gzippedSize(path: string): Promise<number> {
	if (await isGzip(path)) return (await stat(path)).size;
	let size = 0;
	await pipeline(createReadStream(path), createGzip(), async (chunks: AsyncIterable<Buffer>) => {
		for await (const { length } of chunks) size += length;
	});
	return size;
}

async function isGzip(path: string): Promise<boolean> {
	await using file = await open(path);
	const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
	return buffer.toString("hex") === "1f8b";
}
