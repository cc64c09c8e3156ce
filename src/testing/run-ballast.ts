import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export const mainFile = join(import.meta.dirname, "../main.ts");

export type Run = { readonly code: number; readonly out: string; readonly err: string };

/** Runs the command for real, with nothing in its environment but what is given. */
export async function runBallast(
	args: readonly string[],
	{ env = {}, input = "" }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<Run> {
	const child = spawn(process.execPath, [mainFile, ...args], { env: { NO_COLOR: "1", ...env } });
	child.stdin.on("error", () => undefined).end(input);
	const [out, err, [code]] = await Promise.all([
		text(child.stdout),
		text(child.stderr),
		once(child, "close"),
	]);
	return { code, out, err };
}
