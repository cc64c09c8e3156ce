import { createHash } from "node:crypto";
import type { Files } from "./write-tree.ts";

/** Beside the files of a generation: what `sha256sum --check` takes. images/proxy/services/haproxy/run asks it before each start. */
export const sumsFile = "sums";

export function sumsOf(files: Files): string {
	const lines = [...files].map(([path, contents]) => {
		return `${createHash("sha256").update(contents).digest("hex")}  ${path}\n`;
	});
	return lines.join("");
}
