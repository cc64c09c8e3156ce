import { expect, test } from "vitest";
import { signalName, signalNumber, terminates } from "./signals.ts";

test.each([
	["SIGTERM", 15],
	["TERM", 15],
	["term", 15],
	["15", 15],
	["RTMIN+3", 37],
	["SIGRTMIN+3", 37],
	["RTMIN", 34],
	["SIGRTMAX-2", 62],
	["SIGNOTHING", undefined],
	["", undefined],
	["0", undefined],
	["RTMIN+99", undefined],
])("the signal %j has the number %s", (text, number) => {
	expect(signalNumber(text)).toBe(number);
});

test.each([
	[15, "SIGTERM"],
	[6, "SIGABRT"],
	[34, "SIGRTMIN"],
	[37, "SIGRTMIN+3"],
])("the number %s is called %s", (number, name) => {
	expect(signalName(number)).toBe(name);
});

test.each([
	["SIGKILL", "SIGTERM", true],
	["SIGINT", "SIGRTMIN+3", true],
	["SIGUSR1", "SIGUSR1", true],
	["SIGHUP", "SIGTERM", false],
	["SIGWINCH", "SIGQUIT", false],
	["SIGRTMIN+3", "RTMIN+3", true],
])("%s, sent to a container that is stopped by %s, ends it: %s", (sent, stopSignal, ends) => {
	expect(terminates(signalNumber(sent) ?? 0, stopSignal)).toBe(ends);
});
