import type { FakeContainer } from "./fake-container.ts";
import type { FakeDocker } from "./fake-docker.ts";

/** What happens to the containers of a fake engine, with the events that Docker tells of it, in its order. */
export type DockerLife = {
	/** A new container, or one that was stopped; gives its id. */
	readonly start: (container: Partial<FakeContainer> & { readonly name: string }) => string;
	/** The signal alone: whether it ends is up to the app. */
	readonly kill: (id: string, signal: number) => void;
	/** It ends, by itself or by a signal. */
	readonly die: (id: string, exitCode?: number) => void;
	/** As `docker stop`: SIGTERM, and the app obeys. */
	readonly stop: (id: string) => void;
	/** As `docker restart`. */
	readonly restart: (id: string) => void;
	readonly pause: (id: string) => void;
	readonly unpause: (id: string) => void;
	/** As `docker rm --force`. */
	readonly remove: (id: string) => void;
	readonly becomes: (id: string, health: "starting" | "healthy" | "unhealthy") => void;
	readonly rename: (id: string, name: string) => void;
};

export function dockerLife(docker: FakeDocker): DockerLife {
	const { emit, change } = docker;

	function start(container: Partial<FakeContainer> & { readonly name: string }): string {
		// It has started by the time that is told.
		const startedAt = new Date(docker.clock.now() - 1).toISOString();
		const { id } = docker.add({ startedAt, ...container });
		emit(id, "connect");
		emit(id, "start");
		return id;
	}

	function die(id: string, exitCode = 0): void {
		change(id, { status: "exited", exitCode });
		emit(id, "die", { exitCode: `${exitCode}` });
		emit(id, "disconnect");
	}

	function stop(id: string): void {
		emit(id, "kill", { signal: "15" });
		die(id);
		emit(id, "stop");
	}

	function remove(id: string): void {
		emit(id, "kill", { signal: "9" });
		die(id, 137);
		docker.containers.delete(id);
		emit(id, "destroy");
	}

	function restart(id: string): void {
		stop(id);
		const stopped = docker.containers.get(id);
		if (stopped === undefined) return;
		const { startedAt: _, ...again } = stopped;
		start({ ...again, status: "running" });
		emit(id, "restart");
	}

	return {
		start,
		kill: (id, signal) => emit(id, "kill", { signal: `${signal}` }),
		die,
		stop,
		restart,
		pause: (id) => {
			change(id, { status: "paused" });
			emit(id, "pause");
		},
		unpause: (id) => {
			change(id, { status: "running" });
			emit(id, "unpause");
		},
		remove,
		becomes: (id, health) => {
			change(id, { health });
			emit(id, `health_status: ${health}`);
		},
		rename: (id, name) => {
			change(id, { name });
			emit(id, "rename");
		},
	};
}
