import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";

/** How many containers more the machine can start now, and why no more. */
export type Room = { readonly canStart: number; readonly why: string };

/** Kept free for whatever else runs on the machine: a tenth of its memory, and never less than this, in bytes. */
const leastFree = 512 * 1024 * 1024;
/** Percent of the last ten seconds in which somebody waited for memory (kernel, `Documentation/accounting/psi.rst`). */
const mostPressure = 10;

/** Of the machine that this runs on, which is the engine's where the proxy is a container of it. */
export async function roomOnHost(): Promise<Room> {
	const [memory, pressure] = await Promise.all([
		readFile("/proc/meminfo", "utf8"),
		// Not every kernel has it.
		readFile("/proc/pressure/memory", "utf8").catch(() => ""),
	]);
	return roomIn(memory, pressure, availableParallelism());
}

/** As many at once as there are processors, and none while memory is short. */
export function roomIn(memory: string, pressure: string, processors: number): Room {
	const [total, available] = [bytesOf("MemTotal", memory), bytesOf("MemAvailable", memory)];
	const kept = Math.max(total / 10, leastFree);
	if (!(available >= kept)) {
		const free = `${mebibytes(available)} MiB of memory are free, and ${mebibytes(kept)} are kept`;
		return { canStart: 0, why: free };
	}
	const waiting = Number(/^some avg10=([\d.]+)/m.exec(pressure)?.[1] ?? 0);
	if (waiting >= mostPressure)
		return { canStart: 0, why: `memory was waited for in ${waiting} % of the last 10 s` };
	return { canStart: processors, why: `${processors} at once, as many as there are processors` };
}

function bytesOf(name: string, memory: string): number {
	return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(memory)?.[1]) * 1024;
}

function mebibytes(bytes: number): number {
	return Math.round(bytes / 1024 / 1024);
}
