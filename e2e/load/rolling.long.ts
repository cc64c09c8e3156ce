import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { joinLabelOf } from "../harness/proxy.ts";
import { remove } from "../harness/servers.ts";
import type { Manner } from "./apps.ts";
import { createStage, type Stage, servedBy, stop } from "./stage.ts";
import { manyInFlight } from "./traffic.ts";
import { nothingLost } from "./verdict.ts";

let stage: Stage;
let scratch: string;

beforeAll(async () => {
	stage = await createStage("rolling");
	scratch = await mkdtemp(join(tmpdir(), "ballast-rolling-"));
});
afterAll(async () => {
	await compose("down");
	await rm(scratch, { recursive: true });
	await stage[Symbol.asyncDispose]();
});

/*
 * Seen to fail where nobody heard of the signal (`note` in src/docker/leaving.ts) and nothing was tried again (`retries 0`):
 * 302 safe requests and 313 POSTs of 7,104.
 */
test("promise 9: docker compose up --scale, up and down, loses nothing of an app that serves on for a second", async () => {
	await writeService();
	await scaleTo(2);
	const verdict = await stage.load("docker compose up --scale", async () => {
		for (const size of [6, 2]) await scaleTo(size);
		await Promise.all([scaleTo(4), stage.restructure()]);
		for (const size of [1, 3]) await scaleTo(size);
	});
	await compose("down");

	expect(verdict).toMatchObject(nothingLost);
});

test.each(["graceful", "exits at once"] as const)(
	"promise 9: a rolling replacement of three loses nothing of an app that is %s, drained before",
	async (manner) => {
		let fleet: readonly string[] = await Promise.all([
			stage.join(manner),
			stage.join(manner),
			stage.join(manner),
		]);
		const verdict = await stage.load(
			`rolling replacement, ${manner}`,
			async () => {
				for (let round = 0; round < 2; round += 1) fleet = await replaceAll(fleet, manner);
			},
			manyInFlight,
		);
		await Promise.all(fleet.map(async (one) => remove(one)));

		expect(verdict).toMatchObject(nothingLost);
	},
);

/** One after the other: a new one joins, an old one is drained and stopped. Half-way the structure changes, too. */
async function replaceAll(fleet: readonly string[], manner: Manner): Promise<readonly string[]> {
	const successors: string[] = [];
	for (const old of fleet) {
		successors.push(await stage.join(manner));
		const restructured = successors.length === 2 ? stage.restructure() : undefined;
		await stage.drain(old);
		await stop(old);
		await Promise.all([remove(old), restructured]);
	}
	return successors;
}

async function scaleTo(size: number): Promise<void> {
	await compose("up", "--detach", "--scale", `web=${size}`);
	await eventually(async () => expect(await servedBy(stage.proxy, "nodes")).toHaveLength(size));
}

async function writeService(): Promise<void> {
	const { sandbox, apps } = stage;
	const web = { ...apps.service("serves on"), labels: [joinLabelOf(sandbox)], pull_policy: "never" };
	const networks = { default: { name: sandbox.network, external: true } };
	const volumes = { [apps.volume]: { name: apps.volume, external: true } };
	await writeFile(join(scratch, "compose.json"), JSON.stringify({ services: { web }, networks, volumes }));
}

async function compose(...args: readonly string[]): Promise<void> {
	const file = join(scratch, "compose.json");
	await execa("docker", ["compose", "-p", stage.sandbox.nameOf("project"), "-f", file, ...args]);
}
