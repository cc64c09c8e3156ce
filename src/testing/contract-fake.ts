import type { ContractEngine } from "./docker-contract.ts";
import { dockerLife } from "./docker-life.ts";
import type { FakeDocker } from "./fake-docker.ts";

/** What the contract does to an engine, done to the fake one. */
export function contractFake(docker: FakeDocker): ContractEngine {
	const life = dockerLife(docker);
	return {
		host: docker.host,
		start: async (name, label, checked = false) => {
			const [key = "", value = ""] = label.split("=");
			return life.start({ name, usedMs: 1, labels: { [key]: value }, ...(checked && { health: "healthy" }) });
		},
		pause: async (id) => life.pause(id),
		signal: async (id, signal) => life.kill(id, signal),
		stop: async (id) => life.stop(id),
		remove: async (id) => life.remove(id),
		exec: async (id) => docker.emit(id, "exec_start: true"),
		[Symbol.asyncDispose]: docker[Symbol.asyncDispose],
	};
}
