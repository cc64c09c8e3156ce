import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { docker, pause, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { killController } from "../harness/proxy.ts";
import { remove } from "../harness/servers.ts";
import { type Manner, manners } from "../load/apps.ts";
import { die, kill, type Stage, servedBy, stop } from "../load/stage.ts";
import { pick } from "./random.ts";

/** A walk at random through what can happen to a pool. */
export type Walk = {
	/** Does one thing, waits until it is done, and says what it was. */
	readonly step: () => Promise<string>;
	/** The containers that have to be servers now. */
	readonly members: () => readonly string[];
	/** When HAProxy itself was killed, until it answered again, in milliseconds since 1970: its connections are lost then. */
	readonly outages: () => readonly Outage[];
};

export type Outage = { readonly since: number; readonly until: number };

const [least, most] = [1, 6];

/** Two graceful apps stay all the time, so that there always is somebody who answers. */
export async function createWalk(stage: Stage, random: () => number): Promise<Walk> {
	const { proxy } = stage;
	const staying = await Promise.all([stage.join("graceful"), stage.join("graceful")]);
	const outages: Outage[] = [];
	let passing: readonly string[] = [];

	async function join(): Promise<string> {
		const manner: Manner = pick(manners, random);
		passing = [...passing, await stage.join(manner)];
		return `join (${manner})`;
	}

	async function leave(how: (container: string) => Promise<unknown>): Promise<void> {
		const leaver = pick(passing, random);
		passing = passing.filter((one) => one !== leaver);
		await how(leaver);
		await remove(leaver);
	}

	async function comeBack(how: (container: string) => Promise<unknown>): Promise<void> {
		const container = pick(passing, random);
		await how(container);
		await eventually(async () => expect(await servedBy(proxy, "nodes")).toContain(container));
	}

	async function killHaproxy(): Promise<void> {
		const since = Date.now();
		await sh(proxy.name, `${haproxyPids}; kill -KILL $worker`);
		await delay(100);
		await eventually(async () => expect((await fetch(proxy.url)).status).toBe(200));
		outages.push({ since, until: Date.now() });
	}

	const acts: readonly (readonly [name: string, weight: number, act: () => Promise<unknown>])[] = [
		["stop", 6, async () => leave(stop)],
		["kill", 3, async () => leave(kill)],
		["die", 3, async () => leave(die)],
		["restart", 3, async () => comeBack((container) => docker("restart", container))],
		["pause", 2, async () => comeBack(pauseAWhile)],
		["controller killed", 1, async () => killController(stage.proxy)],
		[
			"controller killed during a stop",
			1,
			async () => leave(async (one) => Promise.all([killController(stage.proxy), stop(one)])),
		],
		["HAProxy's worker killed", 1, killHaproxy],
		["structural reload", 1, stage.restructure],
	];
	const weighted = acts.flatMap(([name, weight, act]) =>
		Array.from({ length: weight }, () => ({ name, act })),
	);

	async function step(): Promise<string> {
		if (passing.length <= least || (passing.length < most && random() < 0.4)) return await join();
		const { name, act } = pick(weighted, random);
		await act();
		return name;
	}

	return { step, members: () => [...staying, ...passing], outages: () => outages };
}

const haproxyPids = `master=$(s6-svstat -o pid /run/service/haproxy)
	worker=$(cat /proc/$master/task/*/children | tr " " "\\n" | grep . | tail -n 1)`;

async function pauseAWhile(container: string): Promise<void> {
	await pause(container);
	await delay(1_500);
	await docker("unpause", container);
}
