import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDockerfile, writeDockerfile } from "./dockerfile.ts";
import { merged } from "./merged.ts";
import { perCommand } from "./per-command.ts";

const root = join(import.meta.dirname, "../..");
const images = ["base", "proxy", "webapp"];

const example = `ARG BASE
FROM node AS stage
RUN npm ci
FROM $BASE
# why
RUN --mount=type=bind,source=lib,target=/mnt \\
	sh /mnt/install one two && true
COPY --from=stage --chmod=755 /a b/*.ts /to/
ENV HOME=/tmp
USER 1000
`;
const script = "#!/bin/sh\nset -eu\nexport QUIET=1\nget $@\nif true; then\n\tls\nfi\n";

describe("a Dockerfile", () => {
	test("is written as it was read, but for comments and the ends of lines", () => {
		expect(writeDockerfile(parseDockerfile(example))).toBe(
			example.replace("# why\n", "").replace("\\\n\t", ""),
		);
	});

	test("of one RUN per command takes our scripts apart, each command with the script's settings", () => {
		const read = (path: string) => (path === "lib/install" ? script : "");
		const run = (lines: string) =>
			`RUN --mount=type=bind,source=lib,target=/mnt <<'SCRIPT'\n${lines}\nSCRIPT\n`;

		expect(writeDockerfile(perCommand(parseDockerfile(example), read))).toContain(
			[
				run("set -e -- one two\nexport QUIET=1\nget $@"),
				run("set -e -- one two\nexport QUIET=1\nif true; then\n\tls\nfi"),
				run("true"),
			].join(""),
		);
	});

	test("merged into one RUN mounts what it copied, keeps the environment before it and the user after it", () => {
		const text = writeDockerfile(merged(parseDockerfile(example)));

		expect(text.match(/^[A-Z]+ /gm)).toEqual(["ARG ", "FROM ", "RUN ", "FROM ", "ENV ", "RUN ", "USER "]);
		expect(text).toContain("--mount=type=bind,from=stage,source=/a,target=/from/1-0/a");
		expect(text).toContain("( sh /mnt/install one two && true ) || exit 1\n");
		expect(text).toContain('put /to/ "755" /from/1-0/a /from/1-1/b/*.ts\n');
	});
});

// So that `make images-report` goes on working when they change.
test.each(images)("the Dockerfile of %s can be written each way", (image) => {
	const read = (path: string) => readFileSync(join(root, path), "utf8");
	const dockerfile = parseDockerfile(read(`images/${image}/Dockerfile`));
	const stepsIn = (text: string) => text.match(/^(?:RUN|COPY) /gm)?.length ?? 0;

	expect(stepsIn(writeDockerfile({ ...merged(dockerfile), stages: "" }))).toBe(1);
	expect(stepsIn(writeDockerfile({ ...perCommand(dockerfile, read), stages: "" }))).toBeGreaterThanOrEqual(
		dockerfile.last.filter(({ keyword }) => ["RUN", "COPY"].includes(keyword)).length,
	);
});
