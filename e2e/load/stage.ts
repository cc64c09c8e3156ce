import { expect } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { ballast, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove } from "../harness/servers.ts";
import { statsOf } from "../harness/stats.ts";
import { type Apps, createApps, type Manner } from "./apps.ts";
import { everyKind, type Mix, startTraffic } from "./traffic.ts";
import { summaryOf, type Verdict, verdictOn } from "./verdict.ts";

/** A proxy, and apps that come and go behind it. */
export type Stage = AsyncDisposable & {
	readonly sandbox: Sandbox;
	readonly proxy: RunningProxy;
	readonly apps: Apps;
	/** Starts an app, and waits until it is served. Gives the container's name. */
	readonly join: (manner: Manner, ...options: readonly string[]) => Promise<string>;
	/** Takes a container's requests away, and waits until none is in flight. */
	readonly drain: (container: string) => Promise<void>;
	/** A container in a pool of its own comes, and goes: two reloads, while everybody else stays. */
	readonly restructure: () => Promise<void>;
	/** Sends while `act` goes on, from 200 answers before it to as long after it. Prints what came of it under that title. */
	readonly load: (title: string, act: () => Promise<unknown>, mix?: Mix) => Promise<Verdict>;
};

/** `options`: of the proxy, as for `docker run`. */
export async function createStage(subject: string, options: readonly string[] = []): Promise<Stage> {
	const sandbox = await createSandbox(subject);
	const [proxy, apps] = await Promise.all([startProxy(sandbox, options), createApps(sandbox)]);
	let started = 0;

	async function join(manner: Manner, ...options: readonly string[]): Promise<string> {
		started += 1;
		const name = await apps.start(`${manner.replaceAll(" ", "-")}-${started}`, manner, ...options);
		await serves(proxy, "nodes", name);
		return name;
	}

	async function drain(container: string): Promise<void> {
		const { exitCode, stdout, stderr } = await ballast(proxy, "drain", container, "--wait");
		if (exitCode !== 0) throw new Error(`ballast drain ended with ${exitCode}: ${stdout} ${stderr}`);
	}

	async function restructure(): Promise<void> {
		const guest = await apps.start(`guest-${++started}`, "exits at once", "--label", "ballast.pool=aside");
		await serves(proxy, "aside", guest);
		await remove(guest);
		await eventually(async () => expect(await tableOf(proxy)).not.toContain("\naside,"));
	}

	async function load(title: string, act: () => Promise<unknown>, mix = everyKind): Promise<Verdict> {
		const traffic = startTraffic(proxy.url, mix);
		await someAnswers();
		await act();
		await someAnswers();
		const verdict = await verdictOn(await traffic.stop(), apps);
		console.log(`${title}: ${summaryOf(verdict)}`);
		return verdict;

		async function someAnswers(): Promise<void> {
			const enough = traffic.answered() + 200;
			await eventually(() => expect(traffic.answered()).toBeGreaterThan(enough));
		}
	}

	const end = async (): Promise<void> => sandbox[Symbol.asyncDispose]();
	return { sandbox, proxy, apps, join, drain, restructure, load, [Symbol.asyncDispose]: end };
}

async function serves(proxy: RunningProxy, pool: string, container: string): Promise<void> {
	await eventually(async () => expect(await servedBy(proxy, pool)).toContain(container));
}

/** The containers whose servers take requests: `<pool>,<container>-<8 hex>,…,UP,…` in HAProxy's own table. */
export async function servedBy(proxy: RunningProxy, pool: string): Promise<readonly string[]> {
	const servers = [...(await tableOf(proxy)).matchAll(/^([^,]+),(.+)-[0-9a-f]{8},(?:[^,]*,){15}UP/gm)];
	return servers.filter(([, its]) => its === pool).map(([, , container = ""]) => container);
}

/** What the running process says of itself. */
async function tableOf({ statsUrl }: RunningProxy): Promise<string> {
	return await statsOf(statsUrl);
}

/** `docker stop`, as people do it: with the container's own signal and stop timeout. */
export async function stop(container: string): Promise<void> {
	await docker("stop", container);
}

export async function kill(container: string): Promise<void> {
	await docker("kill", container);
}

/** It ends by itself: without a signal that Docker would know of. */
export async function die(container: string): Promise<void> {
	await docker("exec", "--detach", container, "sh", "-c", "kill -USR2 1");
	await docker("wait", container);
}
