import { execa } from "execa";
import pMap from "p-map";
import { eventually } from "./eventually.ts";

export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs the Docker CLI and gives its standard output, trimmed; throws with its standard error when it fails. */
export async function docker(...args: readonly string[]): Promise<string> {
	const { stdout } = await execa("docker", args);
	return stdout.trim();
}

/** Runs the Docker CLI where failing is an answer, too. */
export async function tryDocker(...args: readonly string[]): Promise<CommandResult> {
	const { exitCode, stdout, stderr } = await execa("docker", args, { reject: false });
	return { exitCode: exitCode ?? -1, stdout: stdout.trim(), stderr: stderr.trim() };
}

/** Runs a shell script in a container as whom `docker exec` takes, or as `user`; fails with its standard error. */
export async function sh(container: string, script: string, user?: string): Promise<string> {
	const options = user === undefined ? [] : ["--user", user];
	return docker("exec", ...options, container, "sh", "-c", script);
}

/** `docker pause`, again where it fails: on a busy machine runc gives up ("unable to freeze"), and the container runs on. */
export async function pause(container: string): Promise<void> {
	await eventually(async () => {
		if ((await inspect(container, ".State.Paused")) !== true) await docker("pause", container);
	});
}

/** Side by side, as one command would take one after the other. */
export async function removeContainers(containers: readonly string[]): Promise<void> {
	const remove = async (container: string) => docker("rm", "--force", "--volumes", container);
	await pMap(containers, remove, { concurrency: 4 });
}

/** What `docker inspect --format '{{json <path>}}'` says, such as `.State.Health.Status`. */
export async function inspect(container: string, path: string): Promise<unknown> {
	return JSON.parse(await docker("inspect", "--format", `{{json ${path}}}`, container));
}

/** Everything a container has printed, standard output and error. */
export async function logsOf(container: string): Promise<string> {
	const { stdout, stderr } = await tryDocker("logs", container);
	return `${stdout}\n${stderr}`;
}

/** Where a published port of a container answers on this machine: `http://127.0.0.1:32768`. */
export async function urlOf(container: string, port: number): Promise<string> {
	const [address] = (await docker("port", container, `${port}/tcp`)).split("\n");
	return `http://${address}`;
}
