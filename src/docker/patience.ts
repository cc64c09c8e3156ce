import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { DockerClient } from "./client.ts";
import { isSlow } from "./unreachable.ts";

/**
 * An engine answers a list while it hangs at a single container, whose lock something holds for ever. So an inspect is
 * waited for no longer than this, and only once: after that its answer is awaited behind the scenes, and no pass waits.
 */
const patienceMs = { here: 1_000, elsewhere: 3_000 } as const;

/** So many that hang, one after the other without an answer between them: then it is the engine that does. */
const tooMany = 8;

/** @param onLate an answer that nobody waited for any more has come: the container can be read again */
export function withPatience(
	client: DockerClient,
	clock: Pick<Clock, "sleep">,
	onLate: (id: string) => void,
): DockerClient {
	/** Who was not heard of in time. */
	const slow = new Set<string>();
	/** Those of them that the engine is asked about at this moment. */
	const asked = new Set<string>();
	let unanswered = 0;
	const patience = () => (client.engine.startsWith("unix:") ? patienceMs.here : patienceMs.elsewhere);
	const notInTime = () => tooLate(patience());

	async function inspect(id: string, signal: AbortSignal): ReturnType<DockerClient["inspect"]> {
		if (slow.has(id)) {
			if (!asked.has(id)) awaitBehind(id, client.inspect(id, signal));
			throw notInTime();
		}
		const answer = client.inspect(id, signal);
		if (await isInTime(answer, signal)) {
			unanswered = 0;
			return await answer;
		}
		awaitBehind(id, answer);
		unanswered += 1;
		if (unanswered < tooMany) throw notInTime();
		unanswered = 0;
		const message = `Docker did not answer about any of ${tooMany} containers`;
		throw new AppError("docker-unreachable", message, { cause: notInTime() });
	}

	async function isInTime(answer: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
		const enough = new AbortController();
		using _ = onAbort(signal, () => enough.abort());
		const late = clock.sleep(patience(), enough.signal).then(no, yes);
		return await Promise.race([answer.then(yes, yes), late]).finally(() => enough.abort());
	}

	function awaitBehind(id: string, answer: Promise<unknown>): void {
		slow.add(id);
		asked.add(id);
		const settle = (isOver: boolean) => {
			asked.delete(id);
			if (isOver) slow.delete(id);
		};
		answer.then(
			() => {
				settle(true);
				onLate(id);
			},
			// A failure is an answer, too, for whoever asks next.
			(failure) => settle(!(failure instanceof AppError && isSlow(failure))),
		);
	}

	return {
		get engine() {
			return client.engine;
		},
		list: client.list,
		bridges: client.bridges,
		events: client.events,
		inspect,
	};
}

const yes = () => true;
const no = () => false;

function tooLate(ms: number): AppError {
	return new AppError("docker-unreachable", `Docker does not answer about it within ${ms / 1000} s`, {
		hint: "does docker inspect answer? If not, the engine hangs at this container: its log tells why",
	});
}
