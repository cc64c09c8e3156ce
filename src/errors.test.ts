import { expect, test } from "vitest";
import { AppError, messageOf, withoutPassword } from "./errors.ts";

test.each([
	["an error", new Error("it broke"), "it broke"],
	["an error with causes", new Error("a", { cause: new Error("b", { cause: "c" }) }), "a: b: c"],
	[
		"an error without a message but with a code",
		Object.assign(new Error(""), { code: "ECONNREFUSED" }),
		"ECONNREFUSED",
	],
	["an error without either", new TypeError(""), "TypeError"],
	["a text", "oops", "oops"],
	["nothing", undefined, "undefined"],
])("the message of %s", (_, thrown, message) => {
	expect(messageOf(thrown)).toBe(message);
});

test("an AppError carries a code, a hint and a cause, and has none that it was not given", () => {
	const cause = new Error("why");
	const told = new AppError("some-code", "what", { hint: "do", cause });

	expect(told).toMatchObject({ name: "AppError", code: "some-code", hint: "do", cause });
	expect("cause" in new AppError("some-code", "what")).toBe(false);
});

test.each([
	["ssh://me:secret@host:22/run", "ssh://me:…@host:22/run"],
	["ssh://:secret@host", "ssh://:…@host"],
	["me:se/c@r t\n@host", "me:…@host"],
	["ssh://me@host:22/run", "ssh://me@host:22/run"],
	["tcp://[::1]:2375", "tcp://[::1]:2375"],
	["unix:///run/docker.sock", "unix:///run/docker.sock"],
])("of %j, a message tells %s", (text, told) => {
	expect(withoutPassword(text)).toBe(told);
});
