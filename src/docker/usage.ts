import pMap from "p-map";
import * as v from "valibot";
import { messageOf } from "../errors.ts";
import type { Usage } from "../model/usage.ts";
import { answerOf } from "./answer.ts";
import type { Docker, Engine } from "./engine.ts";
import { statusOf } from "./unreachable.ts";

/** What containers use of the processors. */
export type Usages = {
	/**
	 * Of each of these that runs, by id. Throws `AppError` when the engine does not answer in time. `denied`: what stands before
	 * the engine does not let the question through.
	 */
	readonly usage: (
		ids: readonly string[],
		signal: AbortSignal,
	) => Promise<
		| { readonly kind: "told"; readonly usages: ReadonlyMap<string, Usage> }
		| { readonly kind: "denied"; readonly message: string }
	>;
};

/** By ssh there are four connections: whoever starts a container does not wait for us. */
const concurrency = 2;

const statistics = v.object({
	read: v.pipe(
		v.string(),
		v.check((text) => !Number.isNaN(Date.parse(text)), "a time in ISO 8601"),
	),
	cpu_stats: v.object({
		cpu_usage: v.object({ total_usage: v.number() }),
		online_cpus: v.optional(v.number(), 0),
	}),
});

export function createUsages({ ask }: Engine): Usages {
	async function usageOf(id: string, signal: AbortSignal): Promise<readonly [string, Usage] | undefined> {
		const answer = await ask((docker, abortSignal) => statsOf(docker, id, abortSignal), signal);
		const usage = answer === undefined ? undefined : usageIn(answer);
		return usage && [id, usage];
	}

	return {
		usage: async (ids, signal) => {
			try {
				const usages = await pMap(ids, (id) => usageOf(id, signal), { concurrency, signal });
				return { kind: "told", usages: new Map(usages.filter((one) => one !== undefined)) };
			} catch (thrown) {
				signal.throwIfAborted();
				if (!isDenied(thrown)) throw thrown;
				return { kind: "denied", message: messageOf(thrown) };
			}
		},
	};
}

/** `one-shot`: without it, Docker looks twice, and takes a second or two for its answer. */
async function statsOf(docker: Docker, id: string, abortSignal: AbortSignal): Promise<unknown> {
	const options = { stream: false, "one-shot": true, abortSignal } as const;
	return await docker.getContainer(encodeURIComponent(id)).stats(options).catch(undefinedIfGone);
}

/** The words are the engine's own (moby and podman): dockerode says `no such container` of any 404, before a dash. */
function undefinedIfGone(cause: unknown): undefined {
	if (statusOf(cause) !== 404 || !/ - .*no such container/i.test(messageOf(cause))) throw cause;
}

/** Of one that does not run, and where there are no cgroups to ask, there is a number too: zero, which nothing that runs has used. */
function usageIn(answer: unknown): Usage | undefined {
	const { read, cpu_stats } = answerOf(statistics, answer, "what a container uses");
	const { total_usage: used } = cpu_stats.cpu_usage;
	const { online_cpus: machine } = cpu_stats;
	return used > 0 && machine > 0 ? { at: Date.parse(read), usedMs: used / 1e6, machine } : undefined;
}

/** 404 without a word of the container is a guard's, too. */
function isDenied(thrown: unknown): boolean {
	return [403, 404, 405].includes(statusOf(thrown instanceof Error ? thrown.cause : undefined) ?? 0);
}
