import { docker } from "./docker.ts";

/** What the kernel says of one process of a container. */
export type Process = {
	readonly pid: number;
	readonly parent: number;
	readonly command: string;
	/** Real, effective, saved and file-system ids. */
	readonly uids: readonly number[];
	readonly gids: readonly number[];
	readonly groups: readonly number[];
	/** Sixteen hexadecimal digits by set: `inherited`, `permitted`, `effective`, `bounding`, `ambient`. */
	readonly capabilities: Readonly<Record<string, string>>;
};

const readAll =
	'for p in /proc/[0-9]*; do command=$(tr "\\0" " " <$p/cmdline) && cat $p/status && echo "Command: $command" && echo; done 2>/dev/null; true';

/** Every process of a container but those of `docker exec` and the health check. */
export async function processesOf(container: string): Promise<readonly Process[]> {
	const all = (await docker("exec", container, "sh", "-c", readAll)).split(/\n\n+/).map(parse);
	const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
	return all.filter(({ pid }) => descendsFromInit(pid, parents));
}

export async function processesNamed(container: string, start: string): Promise<readonly Process[]> {
	return (await processesOf(container)).filter(({ command }) => command.startsWith(start));
}

/** The process whose command starts with `command`, and whose parent's is `parent`, or starts with it and a space. */
export function childOf(processes: readonly Process[], command: string, parent: string): Process | undefined {
	const parents = new Set(
		processes.filter((process) => `${process.command} `.startsWith(`${parent} `)).map(({ pid }) => pid),
	);
	return processes.find((process) => process.command.startsWith(command) && parents.has(process.parent));
}

function parse(status: string): Process {
	const field = (name: string) => new RegExp(`^${name}:[\\t ]*(.*)$`, "m").exec(status)?.[1]?.trim() ?? "";
	const numbers = (name: string) => (field(name) === "" ? [] : field(name).split(/\s+/).map(Number));
	return {
		pid: Number(field("Pid")),
		parent: Number(field("PPid")),
		command: field("Command"),
		uids: numbers("Uid"),
		gids: numbers("Gid"),
		groups: numbers("Groups"),
		capabilities: {
			inherited: field("CapInh"),
			permitted: field("CapPrm"),
			effective: field("CapEff"),
			bounding: field("CapBnd"),
			ambient: field("CapAmb"),
		},
	};
}

/** What `docker exec` starts has a parent outside of the container, which reads as 0. */
function descendsFromInit(pid: number, parents: ReadonlyMap<number, number>): boolean {
	let ancestor: number | undefined = pid;
	while (ancestor !== undefined && ancestor > 1) ancestor = parents.get(ancestor);
	return ancestor === 1;
}
