import { expect, test } from "vitest";
import { createLog, type LogLevel } from "./log.ts";

function written(level: LogLevel): readonly Record<string, unknown>[] {
	const lines: string[] = [];
	const log = createLog(level, { write: (line) => lines.push(line) });
	log.debug("quiet");
	log.info({ generation: "abc" }, "a fact");
	log.warn("careful");
	log.error("broken");
	return lines.map((line) => JSON.parse(line));
}

test("a line is JSON with its level as a word, the time, the fields and the sentence", () => {
	expect(written("info")[0]).toEqual({
		level: "info",
		time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
		generation: "abc",
		msg: "a fact",
	});
});

test.each([
	["debug", 4],
	["info", 3],
	["warn", 2],
	["error", 1],
	["silent", 0],
] as const)("at the level %s, %d of a line per level are written", (level, count) => {
	expect(written(level)).toHaveLength(count);
});
