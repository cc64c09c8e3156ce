import { constants } from "node:os";

/** Linux's own range, of which libc keeps the first two; Docker counts from here as well (moby `signal_linux.go`). */
const firstRealTime = 34;
const lastRealTime = 64;

const numbers: Readonly<Record<string, number>> = constants.signals;
const names = new Map(
	Object.entries(numbers)
		.map(([name, number]) => [number, name] as const)
		.reverse(),
);

/** The number behind `SIGTERM`, `term`, `15` or `RTMIN+3`; undefined when there is no such signal. */
export function signalNumber(text: string): number | undefined {
	if (/^\d+$/.test(text)) return known(Number(text));
	const name = text.toUpperCase().replace(/^(?!SIG)/, "SIG");
	const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
	if (realTime === null) return numbers[name];
	const [, end, sign = "+", distance = "0"] = realTime;
	const base = end === "MIN" ? firstRealTime : lastRealTime;
	return known(base + (sign === "+" ? Number(distance) : -Number(distance)));
}

/** `SIGTERM` for 15, `SIGRTMIN+3` for 37. */
export function signalName(number: number): string {
	if (number < firstRealTime) return names.get(number) ?? String(number);
	return number === firstRealTime ? "SIGRTMIN" : `SIGRTMIN+${number - firstRealTime}`;
}

function known(number: number): number | undefined {
	return number >= 1 && number <= lastRealTime ? number : undefined;
}

/** Asks a process to end by everybody's custom. A container's own stop signal does so, too, whichever it is. */
const deadly: ReadonlySet<number> = new Set(["SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL"].map(numberOf));

/** Whether this signal tells a container with that stop signal (`SIGTERM`, say) to end. */
export function terminates(signal: number, stopSignal: string): boolean {
	return deadly.has(signal) || signal === signalNumber(stopSignal);
}

function numberOf(name: string): number {
	return numbers[name] ?? 0;
}
