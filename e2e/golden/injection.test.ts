import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { loadTemplates } from "../../src/render/engine.ts";
import { render } from "../../src/render/render.ts";
import { shippedTemplates, testOptions } from "../../src/testing/golden.ts";
import { hostileFleets } from "../../src/testing/hostile.ts";
import { temporaryDirectory } from "../../src/testing/temporary-directory.ts";
import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";

/** Whatever HAProxy says of each case, then `<case> exit <code>`. `-dW` makes an error of a warning. */
const checkAll =
	'cd /hostile; for case in *; do haproxy -c -dW -f "$case/haproxy.cfg" 2>&1; echo "$case exit $?"; done';

test("promise 8: the image's HAProxy accepts a hundred fleets of hostile labels, without a warning", async () => {
	await using directory = await temporaryDirectory();
	// mkdtemp lets nobody else in, and the container's user is another.
	await chmod(directory.path, 0o755);
	const templates = await loadTemplates(shippedTemplates, undefined);
	const cases = hostileFleets(100).map((fleet, index) => ({ fleet, name: String(index).padStart(3, "0") }));
	for (const { fleet, name } of cases) {
		for (const [path, text] of render(fleet, testOptions, templates).files) {
			await mkdir(dirname(join(directory.path, name, path)), { recursive: true });
			await writeFile(join(directory.path, name, path), text);
		}
	}
	const mount = `type=bind,source=${directory.path},target=/hostile,readonly`;
	const said = await docker(
		...["run", "--rm", "--network", "none", "--mount", mount],
		...["--entrypoint", "sh", images.proxy, "-c", checkAll],
	);

	expect(said.split("\n")).toEqual(cases.map(({ name }) => `${name} exit 0`));
});
