import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

const compose = join(import.meta.dirname, "../../compose.yaml");

/** A project of a test's own from the repo's compose.yaml: nothing differs but its names, ports and addresses. */
export type Project = AsyncDisposable & {
	/** Also the name of its network. */
	readonly name: string;
	/** The first three numbers of its addresses. */
	readonly subnet: string;
	/** `docker compose <args…>` in this project; gives what it prints. */
	readonly run: (...args: readonly string[]) => Promise<string>;
	/** `docker compose up`, until all is healthy. */
	readonly up: (...options: readonly string[]) => Promise<void>;
};

/** `settings`: variables of compose.yaml, such as `COMPOSE_PROFILES`. */
export async function createProject(settings: Readonly<Record<string, string>> = {}): Promise<Project> {
	const name = `e2e-compose-${randomInt(1_000_000)}`;
	const subnet = `10.${randomInt(128, 256)}.${randomInt(256)}`;
	const ports = { WEB_PORT: "0", STATS_PORT: "0", STICKY_PORT: "0", SHARED_PORT: "0", SCALE_PORT: "0" };
	const scratch = await mkdtemp(join(tmpdir(), "ballast-compose-"));
	// The network's name is fixed, and a demo may have it.
	await writeFile(join(scratch, "own.yaml"), `networks: { default: { name: ${name} } }\n`);

	async function run(...args: readonly string[]): Promise<string> {
		const files = ["-f", compose, "-f", join(scratch, "own.yaml")];
		const env = { ...ports, SUBNET: subnet, ...settings };
		const { stdout } = await execa("docker", ["compose", "-p", name, ...files, ...args], { env });
		return stdout.trim();
	}

	return {
		name,
		subnet,
		run,
		up: async (...options) => {
			await run("up", "--detach", "--wait", "--timeout", "5", ...options);
		},
		[Symbol.asyncDispose]: async () => {
			await run("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5");
			await rm(scratch, { recursive: true });
		},
	};
}
