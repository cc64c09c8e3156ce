import { type Clock, systemClock } from "../clock.ts";
import { createDockerClient } from "../docker/client.ts";
import { type Following, followEvents, type StreamState } from "../docker/events.ts";
import { createLog } from "../log.ts";
import type { FakeDocker } from "./fake-docker.ts";

const times = { shortest: 1, longest: 20, good: 40 };

/** Follows the events of an engine until it is disposed of. */
export type Follower = AsyncDisposable & {
	/** What was called, in order: `listed`, or an event's action; `missed <action>`. */
	readonly calls: string[];
	readonly states: StreamState[];
	readonly ended: Promise<unknown>;
	readonly stop: () => void;
};

/** Soon tired of waiting, unless told otherwise. */
export function follow(
	docker: Pick<FakeDocker, "host" | "requests">,
	options: Following["times"] = times,
	clock: Clock = systemClock,
): Follower {
	const calls: string[] = [];
	const states: StreamState[] = [];
	const stopping = new AbortController();
	const ended = followEvents(
		{
			client: createDockerClient(docker.host, 1_000),
			onEvent: ({ action }) => calls.push(action),
			onMissed: ({ action }) => calls.push(`missed ${action}`),
			onConnected: () => calls.push(docker.requests.length > 0 ? "listed" : "listed too early"),
			onState: (state) => states.push(state),
			log: createLog("silent"),
			times: options,
			clock,
		},
		stopping.signal,
	).catch((reason: unknown) => reason);
	const stop = () => stopping.abort(new Error("stopping"));
	return {
		calls,
		states,
		ended,
		stop,
		[Symbol.asyncDispose]: async () => {
			stop();
			await ended;
		},
	};
}
