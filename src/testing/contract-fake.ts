import type { ContractEngine } from "./docker-contract.ts";
import type { FakeDocker } from "./fake-docker.ts";

/** What the contract does to an engine, done to the fake one. */
export function contractFake(docker: FakeDocker): ContractEngine {
	const change = (id: string, status: "paused" | "exited") => {
		const container = docker.containers.get(id);
		if (container !== undefined) docker.containers.set(id, { ...container, status });
	};
	return {
		host: docker.host,
		start: async (name, label) => {
			const [key = "", value = ""] = label.split("=");
			const startedAt = new Date(Date.now() - 1).toISOString();
			const { id } = docker.add({ name, labels: { [key]: value }, startedAt });
			docker.emit(id, "start");
			return id;
		},
		pause: async (id) => change(id, "paused"),
		stop: async (id) => {
			docker.emit(id, "kill", { signal: "15" });
			change(id, "exited");
			for (const action of ["die", "disconnect", "stop"]) docker.emit(id, action);
		},
		exec: async (id) => docker.emit(id, "exec_start: true"),
		[Symbol.asyncDispose]: docker[Symbol.asyncDispose],
	};
}
