import { docker, inspect } from "./docker.ts";
import { eventually } from "./eventually.ts";

/** Waits until Docker's own verdict on a container is `health`. */
export async function becomes(container: string, health: "healthy" | "unhealthy"): Promise<void> {
	await eventually(async () => {
		const status = await inspect(container, ".State.Health.Status");
		if (status !== health)
			throw new Error(`${container} is ${status}, not ${health}: ${await lastProbe(container)}`);
	}, 60_000);
}

async function lastProbe(container: string): Promise<string> {
	return docker("inspect", "--format", "{{range .State.Health.Log}}{{.Output}}{{end}}", container);
}
