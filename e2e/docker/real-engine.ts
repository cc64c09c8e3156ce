import type { ContractEngine } from "../../src/testing/docker-contract.ts";
import { docker, pause } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { createSandbox } from "../harness/sandbox.ts";

/** The first process of a container ignores SIGTERM unless it says otherwise. */
const obedient = ["--entrypoint", "sh", images.base, "-c", "trap 'exit 0' TERM; sleep 600 & wait"];

/** The engine of the tests, asked by way of `host`. */
export async function realEngine(host: ContractEngine["host"]): Promise<ContractEngine> {
	const sandbox = await createSandbox("contract");
	return {
		host,
		start: async (name, label, checked = false) => {
			const check = checked ? ["--health-cmd", "true", "--health-interval", "300ms"] : [];
			const container = await sandbox.run(name, "--label", label, ...check, ...obedient);
			return docker("inspect", "--format", "{{.Id}}", container);
		},
		pause,
		signal: async (id, signal) => {
			await docker("kill", "--signal", `${signal}`, id);
		},
		stop: async (id) => {
			await docker("stop", id);
		},
		remove: async (id) => {
			await docker("rm", "--force", id);
		},
		exec: async (id) => {
			await docker("exec", id, "true");
		},
		[Symbol.asyncDispose]: sandbox[Symbol.asyncDispose],
	};
}
