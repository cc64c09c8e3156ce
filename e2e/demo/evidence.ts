import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Look, lookAt, type Size, sizeOfPng } from "../harness/browser.ts";
import { docker, inspect, logsOf } from "../harness/docker.ts";
import type { Stage } from "./stage.ts";
import { proxyName, type Step, serverNames, steps } from "./steps.ts";

export const pictureSize: Size = { width: 1280, height: 400 };
/** An empty page has 3,000, the stats page 80,000. */
const leastPngBytes = 20_000;

/** So that what an earlier run left is not taken for this one's. */
export async function removeEvidence(directory: string): Promise<void> {
	await Promise.all(steps.map(({ name }) => rm(join(directory, name), { recursive: true, force: true })));
}

/** Saves, into this directory, what everybody can be asked for after a step. */
export async function saveEvidence(step: Step, stage: Stage, place: string): Promise<void> {
	await Promise.all(["inspect", "log"].map(async (name) => mkdir(join(place, name), { recursive: true })));
	await saveWords(stage, place);
	// The pool alone, or the more there is on the page, the less of the pool would be in the picture.
	const look = await lookAt(stage.sandbox, `http://${stage.proxy.name}:1936/?scope=nodes`, pictureSize);
	await prove(look, step, stage);
	await writeFile(join(place, "stats.png"), look.png);
	await writeFile(join(place, "stats.html"), look.html);
}

async function saveWords(stage: Stage, place: string): Promise<void> {
	const { network, nameOf } = stage.sandbox;
	const proxy = stage.proxy.name;
	const save = async (file: string, text: Promise<string>) =>
		writeFile(join(place, file), `${(await text).trim()}\n`);
	const names = await presentNames(stage);
	await Promise.all([
		save("haproxy.cfg", docker("exec", proxy, "cat", "/usr/local/etc/haproxy/haproxy.cfg")),
		docker("cp", `${proxy}:/nodes`, place),
		save("docker-ps.txt", docker("ps", "--all", "--filter", `network=${network}`)),
		...names.map(async (name) => save(`inspect/${name}.json`, docker("inspect", nameOf(name)))),
		...names.map(async (name) => save(`log/${name}.log`, logsOf(nameOf(name)))),
	]);
}

/** The demo's containers that exist by now, also those that have ended. */
async function presentNames({ sandbox }: Stage): Promise<readonly string[]> {
	const containers = await docker("ps", "--all", "--format", "{{.Names}}");
	return [proxyName, ...serverNames].filter((name) => containers.split("\n").includes(sandbox.nameOf(name)));
}

/** A picture of the right size that shows more than nothing, of a page with exactly the servers' rows. */
async function prove({ png, html }: Look, { serving }: Step, { sandbox }: Stage): Promise<void> {
	const { width, height } = sizeOfPng(png);
	if (width !== pictureSize.width || height !== pictureSize.height || png.length < leastPngBytes) {
		throw new Error(
			`Chromium's picture of the stats page has ${width}×${height} pixels in ${png.length} bytes, expected ${pictureSize.width}×${pictureSize.height} in ${leastPngBytes} at least.`,
		);
	}
	const expected = (await Promise.all(serving.map(sandbox.nameOf).map(serverOf))).toSorted();
	const rows = [...html.matchAll(/<a name="nodes\/(?!Backend")([^"]+)"/g)].map(([, row]) => row).toSorted();
	if (rows.join() !== expected.join())
		throw new Error(`The stats page that Chromium saw has the servers [${rows}], expected [${expected}].`);
}

async function serverOf(container: string): Promise<string> {
	return `${container}-${String(await inspect(container, ".Id")).slice(0, 8)}`;
}
