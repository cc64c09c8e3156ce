import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "./docker.ts";
import { images } from "./images.ts";
import type { Sandbox } from "./sandbox.ts";

/** One visit of a page by a real Chromium: what it showed, and what its document had become. */
export type Look = { readonly png: Buffer; readonly html: string };

/** In CSS pixels. */
export type Size = { readonly width: number; readonly height: number };

/** Opens a page from within the sandbox's network, where containers answer by their names. */
export async function lookAt(sandbox: Sandbox, url: string, { width, height }: Size): Promise<Look> {
	const directory = await mkdtemp(join(tmpdir(), "ballast-look-"));
	const image = ["--pull", "never", images.browser];
	const browser = await sandbox.run("browser", ...image, `--window-size=${width},${height}`, url);
	try {
		const exitCode = await docker("wait", browser);
		if (exitCode !== "0")
			throw new Error(`Chromium ended with ${exitCode}: ${await docker("logs", browser)}`);
		await docker("cp", `${browser}:/tmp/page.png`, directory);
		return { png: await readFile(join(directory, "page.png")), html: await docker("logs", browser) };
	} finally {
		await Promise.all([docker("rm", "--force", browser), rm(directory, { recursive: true })]);
	}
}

const pngSignature = "89504e470d0a1a0a";

/** The size that a PNG's header claims; throws where the bytes are no PNG. (PNG specification, 5.2 and 11.2.1) */
export function sizeOfPng(png: Buffer): Size {
	const signature = png.subarray(0, 8).toString("hex");
	if (signature !== pngSignature) throw new Error(`expected a PNG, got bytes that begin with ${signature}`);
	return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
