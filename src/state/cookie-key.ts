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

/**
 * The key that an earlier start has kept in the state directory, else a new one, which is kept before anybody uses it. What
 * is there and can't be used stays as it is: with another key in its place, every client would be bound anew for good.
 */
export async function openCookieKey(stateDir: string): Promise<CookieKey> {
	const kept = await look(stateDir);
	const key = kept.key ?? randomBytes(24).toString("base64url");
	let written = kept.key !== undefined;

	async function keep(): Promise<readonly Problem[]> {
		if (written) return [];
		const { key: other, fault } = await look(stateDir);
		if (fault !== undefined) return [unusable(stateDir, fault)];
		if (other !== undefined) return [unusable(stateDir, "it came after the controller's start")];
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
	return (await look(stateDir)).key;
}

/** A key, or why what is there can't be used; neither, where there is nothing. */
type Kept = { readonly key?: string; readonly fault?: string };

async function look(stateDir: string): Promise<Kept> {
	try {
		const key = (await readFile(fileIn(stateDir), "utf8")).trim();
		return allowed.test(key)
			? { key }
			: { fault: "expected 8 to 64 letters, digits, dashes and underscores" };
	} catch (thrown) {
		const isAbsent = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
		return isAbsent ? {} : { fault: messageOf(thrown) };
	}
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

function unusable(stateDir: string, fault: string): Problem {
	return {
		code: "cookie-key-not-kept",
		severity: "problem",
		subject: "controller",
		message: `the key of sticky cookies in ${fileIn(stateDir)} can't be used: ${fault}; another one lasts until the controller ends`,
		hint: "mend the file, or remove it to keep the key in use, or set BALLAST_COOKIE_KEY; then start the proxy anew",
	};
}
