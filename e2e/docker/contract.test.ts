import { type ContractEngine, dockerContract } from "../../src/testing/docker-contract.ts";
import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { createSandbox } from "../harness/sandbox.ts";

/** The first process of a container ignores SIGTERM unless it says otherwise. */
const obedient = ["--entrypoint", "sh", images.base, "-c", "trap 'exit 0' TERM; sleep 600 & wait"];

dockerContract(async (): Promise<ContractEngine> => {
	const sandbox = await createSandbox("contract");
	return {
		host: process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock",
		start: async (name, label) => {
			const container = await sandbox.run(name, "--label", label, ...obedient);
			return docker("inspect", "--format", "{{.Id}}", container);
		},
		pause: async (id) => {
			await docker("pause", id);
		},
		stop: async (id) => {
			await docker("stop", id);
		},
		exec: async (id) => {
			await docker("exec", id, "true");
		},
		[Symbol.asyncDispose]: sandbox[Symbol.asyncDispose],
	};
});
