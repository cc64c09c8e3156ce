import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));

test("every tracked text file has Unix line ends, also where Git is told to check out Windows'", async () => {
	await using folder = await mkdtempDisposable(join(tmpdir(), "ballast-line-ends-"));
	const checkout = join(folder.path, "checkout");
	await execa("git", [
		"clone",
		"--quiet",
		"--depth=1",
		"--config=core.autocrlf=true",
		`file://${repository}`,
		checkout,
	]);
	for (const tree of [repository, checkout]) expect(await filesWithCarriageReturns(tree)).toEqual([]);
});

/** Git's own reading: `i/lf w/crlf attr/text=auto eol=lf	path`, in the index and in the work tree. */
async function filesWithCarriageReturns(tree: string): Promise<readonly string[]> {
	const { stdout } = await execa("git", ["-C", tree, "ls-files", "--eol"]);
	const lines = stdout.split("\n");
	expect(lines.filter((line) => line.endsWith("\timages/base/supervise"))).toHaveLength(1);
	return lines.filter((line) => /^i\/(crlf|mixed)|w\/(crlf|mixed)/.test(line));
}
