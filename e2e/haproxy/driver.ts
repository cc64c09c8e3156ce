/*
 * Calls the adapters inside the proxy's container, one verb after the other: `node driver.ts <generation as JSON> <verb>…`.
 * Prints a list of `{"value": …}` and `{"error": {"code", "message", "hint"}}`, one for each. adapters.test.ts mounts it
 * beside the image's own src.
 */
import { AppError } from "../../src/errors.ts";
import { createCheck } from "../../src/haproxy/check.ts";
import { createGenerations } from "../../src/haproxy/generations.ts";
import { machine } from "../../src/haproxy/machine.ts";
import { createHaproxy } from "../../src/haproxy/master.ts";
import { showInfo, showServersState } from "../../src/haproxy/runtime.ts";
import { showStats } from "../../src/haproxy/stats.ts";
import { emptyFleet } from "../../src/model/fleet.ts";
import type { Generation } from "../../src/model/generation.ts";
import type { Running, RunningServer } from "../../src/model/running.ts";
import type { ServerChange } from "../../src/model/step.ts";

const generations = createGenerations("/var/lib/ballast/generation", createCheck());
const root = "/var/lib/ballast/generation/carried";
const carried = { servers: `${root}/servers`, counters: `${root}/counters` };
const worker = { kind: "worker", path: "/run/haproxy/admin.sock" } as const;
const haproxy = createHaproxy({ master: "/run/haproxy/master.sock", worker: worker.path }, carried);
const never = new AbortController().signal;

const newcomer = { pool: "nodes", server: "web-3-2a2b3c4d" };
const entry = {
	name: newcomer.server,
	container: { id: "2a2b3c4d".repeat(8), name: "web-3" },
	address: "127.0.0.1",
	port: 3003,
	weight: 100,
};

/** What HAProxy says of the change, and each server of the pool with its state. */
async function change(one: ServerChange): Promise<unknown> {
	const changed = await haproxy.change([one], never);
	return changed && [...changed.replies, ...changed.servers.map(inShort)];
}

function told(running: Running | undefined): unknown {
	return running && [running.structure, ...[...running.servers.values()].map(inShort)];
}

function inShort({ pool, server, address, port, state }: RunningServer): string {
	return `${pool}/${server} ${address}:${port} ${state}`;
}

const verbs = {
	check: async () => generations.check(given(), never),
	promote: async () => generations.promote(given()),
	revert: async () => generations.revert(),
	current: async () => generations.current(true),
	loaded: async () => haproxy.loaded(never),
	reload: async () => haproxy.reload(never),
	running: async () => told(await haproxy.running(never)),
	join: async () =>
		change({ kind: "add-server", ...newcomer, entry, policy: {}, options: "127.0.0.1:3003 check" }),
	drain: async () => change({ kind: "drain-server", ...newcomer }),
	maint: async () => change({ kind: "maint-server", ...newcomer }),
	ready: async () => change({ kind: "ready-server", ...newcomer }),
	remove: async () => change({ kind: "remove-server", ...newcomer, force: false }),
	strange: async () => change({ kind: "maint-server", pool: "nodes", server: "nobody" }),
	nowhere: async () => change({ kind: "maint-server", pool: "nowhere", server: "nobody" }),
	info: async () => showInfo(worker, never),
	states: async () => showServersState(worker, undefined, never),
	stats: async () => showStats(worker, never),
	machine: async () => machine(),
} satisfies Record<string, () => Promise<unknown>>;

export type Verb = keyof typeof verbs;

/** A generation whose files are a JSON object. */
export type Given = { readonly id: string; readonly files: Readonly<Record<string, string>> };

function given(): Generation {
	const { id, files }: Given = JSON.parse(process.argv[2] ?? "");
	return { id, structure: id, files: new Map(Object.entries(files)), fleet: emptyFleet };
}

async function answer(name: string): Promise<unknown> {
	try {
		const verb = Object.entries(verbs).find(([known]) => known === name);
		return { value: await verb?.[1]() };
	} catch (thrown) {
		if (!(thrown instanceof AppError)) throw thrown;
		return { error: { code: thrown.code, message: thrown.message, hint: thrown.hint } };
	}
}

const answers: unknown[] = [];
for (const name of process.argv.slice(3)) answers.push(await answer(name));
console.log(JSON.stringify(answers));
