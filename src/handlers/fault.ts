import { access, constants, open } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import type { Problem } from "../model/problem.ts";
import type { Run } from "./run.ts";

/** What went wrong with a run, and what to do about it; undefined when nothing did, or the file is gone. */
export async function faultOf(path: string, event: string, run: Run): Promise<Problem | undefined> {
	const fault = await explained(path, event, run);
	if (fault === undefined) return undefined;
	const [message, hint] = fault;
	return {
		code: "handler-failed",
		severity: "problem",
		subject: path,
		message: `the handler ${message}`,
		hint,
	};
}

/** What is the case, and what to do. */
type Fault = readonly [message: string, hint: string];

async function explained(path: string, event: string, run: Run): Promise<Fault | undefined> {
	switch (run.end) {
		case "done":
		case "aborted":
			return undefined;
		case "time-limit":
			return [
				`did not end within ${run.took} ms of ${event} and was ended, with all that it had started${saying(run)}`,
				"let it end sooner, or raise BALLAST_HANDLER_TIMEOUT",
			];
		case "signal":
			return [`was ended by ${run.signal} on ${event}${saying(run)}`, byHand(path)];
		case "exit":
			return (
				(await faultOfText(path)) ?? [
					`ended with exit code ${run.code} on ${event}${saying(run)}`,
					byHand(path),
				]
			);
		case "not-started":
			return await whyNotStarted(path, run.errno);
	}
}

async function whyNotStarted(path: string, errno: string): Promise<Fault | undefined> {
	if (errno === "ENOENT") return await whyNotFound(path);
	if (errno === "EACCES") {
		return [
			`can't be executed by user ${process.getuid?.()}`,
			`chmod a+rx ${path}, in a directory that is not mounted noexec`,
		];
	}
	return [`could not be started: ${errno}`, byHand(path)];
}

/** The kernel says "not found" of a handler's interpreter, too. */
async function whyNotFound(path: string): Promise<Fault | undefined> {
	const text = await beginningOf(path);
	if (text === undefined) return undefined;
	if (hasCrlf(text)) return crlf(path);
	const [, interpreter] = /^#! *(\S+)/.exec(text) ?? [];
	return [
		`can't be started: its interpreter ${interpreter ?? ""} is not in this container`,
		"begin it with one that is, #!/bin/sh or #!/usr/bin/env node, or add yours to an image made from this one",
	];
}

/** What makes a script fail before it does anything that was meant. */
async function faultOfText(path: string): Promise<Fault | undefined> {
	if (await isUnreadable(path)) {
		return [`can't be read by user ${process.getuid?.()}, as a script must be`, `chmod a+rx ${path}`];
	}
	const text = await beginningOf(path);
	return text?.startsWith("#!") && hasCrlf(text) ? crlf(path) : undefined;
}

async function isUnreadable(path: string): Promise<boolean> {
	return await access(path, constants.R_OK).then(
		() => false,
		(thrown: unknown) => thrown instanceof Error && "code" in thrown && thrown.code === "EACCES",
	);
}

function hasCrlf(text: string): boolean {
	return text.includes("\r\n");
}

function crlf(path: string): Fault {
	return ["has lines that end with CRLF, which is part of the words to a shell", `sed -i 's/\\r$//' ${path}`];
}

async function beginningOf(path: string): Promise<string | undefined> {
	try {
		await using file = await open(path);
		const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0);
		return buffer.toString("utf8", 0, bytesRead);
	} catch {
		return undefined;
	}
}

/** The last lines of what it printed, as one; or the last that tells of an error, which Node has above its own version. */
function saying({ output }: Run): string {
	const lines = stripVTControlCharacters(output)
		.split("\n")
		.map((line) => line.trim());
	const last = lines.filter((line) => line !== "").slice(-3);
	const error = lines.findLast((line) => /error\b/i.test(line));
	const text = error === undefined || last.includes(error) ? last.join(" | ") : error;
	return text === "" ? ", and said nothing" : `: ${text.replaceAll(/\p{Cc}/gu, " ").slice(-500)}`;
}

function byHand(path: string): string {
	return `try it by hand: docker exec --user 10002:10002 <proxy> ${path}`;
}
