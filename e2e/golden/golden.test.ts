import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { loadTemplates } from "../../src/render/engine.ts";
import { render } from "../../src/render/render.ts";
import { type Golden, goldens, shippedTemplates } from "../../src/testing/golden.ts";
import { temporaryDirectory } from "../../src/testing/temporary-directory.ts";
import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";

/** One start of a container for all cases: `<name> exit <code>` after whatever HAProxy says of each. `-dW` makes an error of a warning. */
const checkAll =
	'cd /golden; for case in *; do haproxy -c -dW -f "$case/haproxy.cfg" 2>&1; echo "$case exit $?"; done';

let verdicts = "";

beforeAll(async () => {
	await using directory = await temporaryDirectory();
	// mkdtemp lets nobody else in, and the container's user is another.
	await chmod(directory.path, 0o755);
	for (const golden of goldens()) await writeGolden(join(directory.path, golden.name), golden);
	const mount = `type=bind,source=${directory.path},target=/golden,readonly`;
	verdicts = await docker(
		...["run", "--rm", "--network", "none", "--mount", mount],
		...["--entrypoint", "sh", images.proxy, "-c", checkAll],
	);
});

test.each(goldens())("the image's HAProxy accepts the case $name, without a warning", ({ name }) => {
	const before = verdicts
		.split(`${name} exit `)[0]
		?.split(/^.* exit \d+$/m)
		.at(-1)
		?.trim();

	expect(before).toBe("");
	expect(verdicts).toMatch(new RegExp(`^${name} exit 0$`, "m"));
});

async function writeGolden(directory: string, golden: Golden): Promise<void> {
	const { files } = render(golden.fleet, golden.options, await loadTemplates(shippedTemplates, undefined));
	for (const [path, text] of files) {
		await mkdir(dirname(join(directory, path)), { recursive: true });
		await writeFile(join(directory, path), text);
	}
}
