import { docker } from "../harness/docker.ts";

/** When the engine says that this last happened to a container, in milliseconds since 1970. */
export async function timeOf(event: "start" | "kill", container: string): Promise<number> {
	const id = await docker("inspect", "--format", "{{.Id}}", container);
	const filters = ["--filter", `container=${id}`, "--filter", `event=${event}`];
	const until = Math.ceil(Date.now() / 1000);
	const options = ["--since", "1h", "--until", `${until}`, "--format", "{{json .}}"];
	const lines = (await docker("events", ...filters, ...options)).split("\n");
	const { timeNano }: { readonly timeNano: number } = JSON.parse(lines.at(-1) ?? "");
	return timeNano / 1e6;
}
