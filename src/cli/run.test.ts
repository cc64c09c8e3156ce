import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { mainFile } from "../testing/run-ballast.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

test("promise 12: the controller ends, even while a thread waits for a disk that does not answer", async () => {
	await using dir = await temporaryDirectory();
	const at = (name: string) => join(dir.path, name);
	// To open it takes as long as nobody writes into it; nothing ends that thread, as on a mount that hangs.
	await execa("mkfifo", [at("hung")]);
	const hang = `import { open } from "node:fs/promises"; open(${JSON.stringify(at("hung"))});`;
	await mkdir(at("run"));
	const places = ["run", "state", "nodes", "generation", "haproxy"].flatMap((name) => [
		`--${name}-dir`,
		at(name),
	]);
	const controller = execa(
		process.execPath,
		[
			...["--import", `data:text/javascript,${encodeURIComponent(hang)}`, mainFile, "run", ...places],
			...["--docker-host", `unix://${at("none")}`],
		],
		{ reject: false, timeout: 60_000, killSignal: "SIGKILL", all: true },
	);
	for await (const line of controller.iterable({ from: "all" }))
		if (line.includes("following the engine")) controller.kill("SIGTERM");
	const { timedOut, all } = await controller;

	expect(all).toContain("the controller ends");
	expect(timedOut).toBe(false);
}, 120_000);
