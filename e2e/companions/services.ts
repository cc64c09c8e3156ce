import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** The files of companions by path, such as `clock/run`; scripts and programs are executable unless `mode` says otherwise. */
export type CompanionFiles = Readonly<
	Record<string, string | { readonly text: string; readonly mode?: number; readonly owner?: number }>
>;

const write = `
	const { chmodSync, chownSync, mkdirSync, writeFileSync } = require("node:fs");
	const { dirname } = require("node:path");
	for (const [path, file] of Object.entries(JSON.parse(process.argv[1]))) {
		const { text = file, mode = 0o755, owner = 0 } = file;
		mkdirSync(dirname("/services/" + path), { recursive: true });
		writeFileSync("/services/" + path, text);
		chmodSync("/services/" + path, mode);
		chownSync("/services/" + path, owner, owner);
	}`;

/** Puts the directories of companions into a volume, to be mounted at /etc/ballast/services. Gives the volume's name. */
export async function volumeOf(sandbox: Sandbox, name: string, files: CompanionFiles): Promise<string> {
	const volume = await sandbox.volume(name);
	const mount = ["-v", `${volume}:/services`];
	await docker(
		"run",
		"--rm",
		"--network",
		"none",
		...mount,
		images.base,
		"node",
		"--eval",
		write,
		JSON.stringify(files),
	);
	return volume;
}

/** A script for sh. */
export function script(...lines: readonly string[]): string {
	return ["#!/bin/sh", ...lines, ""].join("\n");
}
