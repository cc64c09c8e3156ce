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

const generations = createGenerations("/var/lib/ballast/generation", createCheck());
const haproxy = createHaproxy("/run/haproxy/master.sock");
const worker = { kind: "worker", path: "/run/haproxy/admin.sock" } as const;
const never = new AbortController().signal;

const verbs = {
	check: async () => generations.check(given(), never),
	promote: async () => generations.promote(given()),
	revert: async () => generations.revert(),
	current: async () => generations.current(),
	loaded: async () => haproxy.loaded(never),
	reload: async () => haproxy.reload(never),
	maintain: async () => haproxy.maintain("nodes", "web-1-0a1b2c3d", never),
	ready: async () => haproxy.ready("nodes", "web-1-0a1b2c3d", never),
	takenOut: async () => haproxy.takenOut(never),
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
	return { id, files: new Map(Object.entries(files)), fleet: emptyFleet };
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
