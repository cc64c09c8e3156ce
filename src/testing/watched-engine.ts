import { createDockerClient } from "../docker/client.ts";
import type { DockerEvent } from "../docker/events.ts";
import { createInventory, type EngineInventory, type ReadHints } from "../docker/inventory.ts";
import { fakeId } from "./fake-container.ts";
import { createFakeDocker, type FakeDocker } from "./fake-docker.ts";

/** Just after the fake's containers have started, unless they say otherwise. */
const soon = Date.parse("2026-01-01T00:00:02Z");

const everything: ReadHints = { all: true, containers: new Set() };

/** A fake engine with an inventory that follows it by hand, and a clock that stands still. */
export type WatchedEngine = AsyncDisposable & {
	readonly docker: FakeDocker;
	readonly inventory: EngineInventory;
	/** Reads all, and has written down how containers ended. */
	readonly readAll: () => ReturnType<EngineInventory["read"]>;
	/** Reads again only this container. */
	readonly readOne: (name: string) => ReturnType<EngineInventory["read"]>;
	/** What the engine tells, without the read that follows. */
	readonly note: (name: string, event: Partial<DockerEvent>) => ReturnType<EngineInventory["note"]>;
	readonly change: (name: string, container: Partial<Parameters<FakeDocker["add"]>[0]>) => void;
	readonly time: { now: number };
	/** Those that we have stopped ourselves, by id: the start that ended so. */
	readonly asleep: Map<string, string>;
};

/** `self` is the id of the container that the proxy is told to run in, `limitMs` the time that each call may take. */
export async function watchedEngine(self?: string, limitMs = 5_000): Promise<WatchedEngine> {
	const { signal } = new AbortController();
	const docker = await createFakeDocker();
	// They have only just started, so that no list can say that they have not been started again.
	docker.clock.now = () => soon;
	const time = { now: 0 };
	const asleep = new Map<string, string>();
	const client = createDockerClient(docker.host, limitMs);
	const inventory = createInventory({
		client,
		joinLabel: "role=backend",
		self,
		clock: { now: () => time.now },
		asleep: () => asleep,
	});
	const read = async (hints: ReadHints) => {
		const found = await inventory.read(hints, signal);
		inventory.recorded();
		return found;
	};
	return {
		docker,
		inventory,
		time,
		asleep,
		readAll: () => read(everything),
		readOne: (name) => read({ all: false, containers: new Set([fakeId(name)]) }),
		note: (name, event) => inventory.note({ containerId: fakeId(name), action: "kill", at: soon, ...event }),
		change: (name, container) => docker.add({ ...docker.containers.get(fakeId(name)), name, ...container }),
		[Symbol.asyncDispose]: docker[Symbol.asyncDispose],
	};
}
