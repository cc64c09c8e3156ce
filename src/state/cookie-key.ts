import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { Problem } from "../model/problem.ts";

/** What the values of sticky cookies are made with. With another key, no client finds its server again. */
export type CookieKey = {
	readonly key: string;
	/** Writes it down, if it is not yet. Never throws: what can't be written is told, and tried again next time. */
	readonly keep: () => Promise<readonly Problem[]>;
};

const allowed = /^[a-zA-Z0-9_-]{8,64}$/;

/** The key that an earlier start has kept in the state directory, else a new one, which is kept before anybody uses it. */
export async function openCookieKey(stateDir: string): Promise<CookieKey> {
	const kept = await keptCookieKey(stateDir);
	const key = kept ?? randomBytes(24).toString("base64url");
	let written = kept !== undefined;

	async function keep(): Promise<readonly Problem[]> {
		if (written) return [];
		try {
			await write(fileIn(stateDir), key);
			written = true;
			return [];
		} catch (thrown) {
			return [notKept(stateDir, thrown)];
		}
	}

	// What fails now is told by the first pass, which tries again.
	await keep();
	return { key, keep };
}

/** Undefined where there is none, or none that may be read. */
export async function keptCookieKey(stateDir: string): Promise<string | undefined> {
	const text = await readFile(fileIn(stateDir), "utf8").catch(() => "");
	return allowed.test(text.trim()) ? text.trim() : undefined;
}

function fileIn(stateDir: string): string {
	return join(stateDir, "cookie-key");
}

/** For its owner and the owner's group, of which root of `docker exec` is a member; never half of it. */
async function write(file: string, key: string): Promise<void> {
	await writeFile(`${file}.next`, `${key}\n`, { mode: 0o640, flush: true });
	await rename(`${file}.next`, file);
}

function notKept(stateDir: string, thrown: unknown): Problem {
	return {
		code: "cookie-key-not-kept",
		severity: "problem",
		subject: "controller",
		message: `the key of sticky cookies could not be written to ${stateDir}: ${messageOf(thrown)}; it lasts until the controller ends`,
		hint: "see that the directory is writable for the controller, and the disk not full; or set BALLAST_COOKIE_KEY",
	};
}
