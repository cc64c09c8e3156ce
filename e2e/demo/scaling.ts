import { setTimeout as delay } from "node:timers/promises";
import type { ScaleAnswer } from "../../src/admin/scale.ts";
import { ask } from "../harness/ask.ts";
import { createStage, type Stage } from "../load/stage.ts";
import { type Mix, startTraffic } from "../load/traffic.ts";
import { summaryOf, verdictOn } from "../load/verdict.ts";
import { joinScaled } from "../scale/following.ts";
import { allIn, scaling } from "../scale/pool.ts";

/* `make demo-scale`: load comes and goes, and containers with it; a line each second. */

const labels = [
	...["scale=0-6", "scale.target=20", "scale.ready=5s"],
	...["scale.down-after=10s", "scale.idle=8s"],
];

const phases = [
	{ title: "a few clients", clients: 5, seconds: 8 },
	{ title: "a hundred of them", clients: 100, seconds: 25 },
	{ title: "a few again", clients: 5, seconds: 75 },
	{ title: "nobody", clients: 0, seconds: 20 },
] as const;

/** Each waits a second for its answer, and asks again. */
function mixOf(clients: number): Mix {
	return { kept: 0, thinkMs: 1, fresh: 0, slow: clients, slowMs: 1_000, methods: "all" };
}

async function lineOf({ proxy }: Stage): Promise<string> {
	const { pools }: ScaleAnswer = JSON.parse((await ask(proxy, "scale")).scale);
	const last = pools[0]?.decisions.at(-1);
	if (last === undefined) return "nothing decided yet";
	const { observed, demand, kind, by, why } = last;
	const crew = "█".repeat(observed.ready) + "▒".repeat(observed.starting) + "░".repeat(observed.draining);
	const inFlight = `${Math.round(demand?.inFlight ?? 0)} in flight`.padStart(13);
	return `${inFlight}  ${crew.padEnd(8)}  ${kind === "hold" ? "" : `${kind} ${by}: `}${why}`;
}

/** Somebody asks a pool that sleeps. */
async function oneMore({ proxy }: Stage): Promise<string> {
	const began = Date.now();
	const { status } = await fetch(proxy.url);
	const seconds = ((Date.now() - began) / 1_000).toFixed(1);
	return `one more request: held until a container is awake, and answered with ${status} after ${seconds} s`;
}

/** Until Ctrl-C: what it has begun is taken away in any case. */
async function demo(stage: Stage, signal: AbortSignal): Promise<void> {
	await joinScaled(stage, labels);
	console.log("One container, and up to five clones of it: █ takes requests, ▒ starts, ░ drains.");
	const began = Date.now();
	for (const { title, clients, seconds } of phases) {
		console.log(`\n${title}\n`);
		const traffic = startTraffic(stage.proxy.url, mixOf(clients));
		const until = Date.now() + seconds * 1_000;
		while (Date.now() < until && !signal.aborted) {
			await delay(1_000, undefined, { signal }).catch(() => undefined);
			const second = `${Math.round((Date.now() - began) / 1_000)} s`.padStart(7);
			console.log(`${second}  ${await lineOf(stage)}`);
		}
		const ledger = await traffic.stop();
		if (clients > 0) console.log(`\n  ${summaryOf(await verdictOn(ledger, stage.apps))}`);
	}
	if (!signal.aborted) console.log(`\n${await oneMore(stage)}`);
	console.log(`\nLeft of them: ${(await allIn(stage.sandbox)).join(", ")}. Removing all of it.`);
}

const enough = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => enough.abort(name));
await using stage = await createStage("demo-scale", scaling);
await demo(stage, enough.signal);
