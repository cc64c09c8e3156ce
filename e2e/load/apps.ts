import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";
import { startServer } from "../harness/servers.ts";

/** What an app does when it is told to end. One that serves on does so for 1.5 s, and ends like a graceful one then. */
export type Manner = "graceful" | "exits at once" | "ignores the signal" | "serves on";

export const manners: readonly Manner[] = ["serves on", "graceful", "exits at once", "ignores the signal"];

/** Starts apps that share a place where they count what they were asked to do. */
export type Apps = {
	/** Further `docker run` options may say more. Gives the container's name. */
	readonly start: (name: string, manner: Manner, ...options: readonly string[]) => Promise<string>;
	/** The same as a service of a Compose file, which has to name the volume as external. */
	readonly service: (manner: Manner) => object;
	readonly volume: string;
	/** How often each id was counted, by whatever app, also by those that are gone. */
	readonly counts: () => Promise<ReadonlyMap<string, number>>;
};

/** Seconds until it is killed. */
const stopTimeouts = {
	"serves on": "10",
	graceful: "10",
	"exits at once": "10",
	"ignores the signal": "2",
} as const satisfies Record<Manner, string>;

const directory = "/counted";

export async function createApps(sandbox: Sandbox): Promise<Apps> {
	const volume = await sandbox.volume("counted");
	const source = await readFile(join(import.meta.dirname, "app.ts"), "utf8");
	const program = ["node", "--input-type=module-typescript", "--eval", source];
	const command = (manner: Manner) => [...program, manner, directory];
	return {
		volume,
		start: async (name, manner, ...more) => {
			const options = ["-v", `${volume}:${directory}`, "--expose", "3000"];
			const patience = ["--stop-timeout", stopTimeouts[manner]];
			return startServer(sandbox, name, ...options, ...patience, ...more, images.base, ...command(manner));
		},
		service: (manner) => ({
			image: images.base,
			// A dollar would be a variable's.
			command: command(manner).map((word) => word.replaceAll("$", "$$$$")),
			expose: ["3000"],
			volumes: [`${volume}:${directory}`],
			stop_grace_period: `${stopTimeouts[manner]}s`,
		}),
		counts: async () => {
			const options = ["--rm", "--network", "none", "-v", `${volume}:${directory}`];
			const print = `cat ${directory}/* 2>/dev/null || test -z "$(ls ${directory})"`;
			return countsIn(await docker("run", ...options, images.base, "sh", "-c", print));
		},
	};
}

function countsIn(text: string): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	for (const id of text.split("\n").filter((line) => line !== "")) counts.set(id, (counts.get(id) ?? 0) + 1);
	return counts;
}
