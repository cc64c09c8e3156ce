import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../clock.ts";
import { createDockerClient } from "../docker/client.ts";
import { type Following, followEvents } from "../docker/events.ts";
import { createInventory } from "../docker/inventory.ts";
import { withPatience } from "../docker/patience.ts";
import { messageOf } from "../errors.ts";
import { createLog } from "../log.ts";
import { runLoop } from "../reconcile/loop.ts";
import { createReconciler } from "../reconcile/reconcile.ts";
import { createStatusBoard } from "../reconcile/status.ts";
import { createTrigger } from "../reconcile/trigger.ts";
import { policy } from "./containers.ts";
import { type DockerLife, dockerLife } from "./docker-life.ts";
import { fakeId } from "./fake-container.ts";
import { createFakeDocker, type FakeDocker } from "./fake-docker.ts";
import { createFakeWorld } from "./fake-world.ts";
import { testOptions } from "./golden.ts";

type FollowingLoop = {
	readonly docker: FakeDocker;
	readonly life: DockerLife;
	readonly status: ReturnType<typeof createStatusBoard>;
	/** A healthy backend, to be started, or to be found by the next list. */
	readonly backend: (name: string) => Parameters<DockerLife["start"]>[0];
	/** Starts one. */
	readonly start: (name: string) => string;
	/** The names of all servers in force. */
	readonly pool: () => readonly string[];
};

const loopTimes = { resync: 60_000, rest: 100, boot: 5_000 };

/** The whole way from a fake engine's socket to the pool, as app.ts wires it, with a HAProxy by hand; it ends with the test. */
export async function followingLoop({
	clock = systemClock,
	times,
}: {
	readonly clock?: Clock;
	readonly times?: Following["times"];
} = {}): Promise<FollowingLoop> {
	const docker = await createFakeDocker();
	const life = dockerLife(docker);
	docker.add({ name: "proxy" });
	const world = createFakeWorld();
	const trigger = createTrigger(clock, 10_000);
	const status = createStatusBoard(clock);
	const log = createLog("silent");
	const client = createDockerClient(docker.host);
	const patient = withPatience(client, clock, (container) => trigger.hint({ container }));
	const inventory = createInventory({
		client: patient,
		joinLabel: policy.labels.join,
		self: fakeId("proxy"),
		clock,
		onSilence: status.engineIsSilent,
	});
	const reconciler = createReconciler({ ...world.ports, engine: inventory }, clock, {
		policy,
		options: testOptions,
		firstStart: true,
	});
	const end = new AbortController();
	const running = [
		runLoop(
			{ trigger, reconciler, status, announce: () => undefined, clock, log, times: loopTimes },
			end.signal,
		),
		followEvents(
			{
				client,
				clock,
				log,
				...(times && { times }),
				onEvent: (event) => {
					const hint = inventory.note(event);
					if (hint !== undefined) trigger.hint({ container: hint.containerId, urgent: hint.urgent });
				},
				onConnected: () => trigger.hint({ all: true }),
				onState: ({ cause, ...state }) =>
					status.engine({ ...state, ...(cause === undefined ? {} : { cause: messageOf(cause) }) }),
			},
			end.signal,
		),
	];
	onTestFinished(async () => {
		end.abort();
		await Promise.allSettled(running);
		await docker[Symbol.asyncDispose]();
	});
	const [label = "", value = ""] = policy.labels.join.split("=");
	const labels = { [label]: value, "ballast.port": "3000" };
	const places = new Map<string, number>();
	const backend = (name: string) => {
		const place = places.get(name) ?? places.size + 1;
		places.set(name, place);
		return { name, labels, address: `10.9.${place >> 8}.${place & 255}`, health: "healthy" };
	};
	return {
		docker,
		life,
		status,
		backend,
		start: (name) => life.start(backend(name)),
		pool: () => world.nodes().toSorted(),
	};
}
