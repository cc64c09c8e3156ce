import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createCheck, findingsIn } from "./check.ts";

const testdata = join(import.meta.dirname, "testdata");
/** What `haproxy -c` of a HAProxy 3.0.11 wrote, standard output and error. */
const recorded = (name: string) => readFileSync(join(testdata, `${name}.txt`), "utf8");
const never = new AbortController().signal;

/** Checks with a shell script in HAProxy's place. */
async function checkWith(script: string, signal = never) {
	await using dir = await temporaryDirectory();
	await writeFile(join(dir.path, "haproxy"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	return await createCheck(`${dir.path}:/usr/bin:/bin`)(dir.path, signal);
}

const plays = (name: string, exitCode: number) => `cat "${join(testdata, name)}.txt" >&2; exit ${exitCode}`;

test("every alert becomes a finding with its file and line, and nothing else does", () => {
	expect(findingsIn(recorded("check-refused").trim())).toEqual([
		{ file: "haproxy.cfg", line: 12, message: 'unmatched quote at position 9: server "a ^' },
		{ file: "haproxy.cfg", line: 13, message: "'server n/a' : unknown keyword 'bogus'." },
		{ file: "haproxy.cfg", line: 14, message: "unknown keyword 'foo' in 'backend' section" },
		{ file: "haproxy.cfg", line: 15, message: "'server n/a' : invalid port '99999'" },
	]);
});

test("a fault that HAProxy finds late has its place, too", () => {
	expect(findingsIn(recorded("check-missing-map").trim())).toEqual([
		{
			file: "haproxy.cfg",
			line: 10,
			message: expect.stringMatching(/^failed to parse use_backend rule .*<nope\.map>\.$/),
		},
	]);
});

test("a fault without a line is a finding on line 0, and a warning beside it is none", () => {
	expect(findingsIn(recorded("check-missing-pool").trim())).toEqual([
		{
			file: "haproxy.cfg",
			line: 0,
			message: "Proxy 'w': unable to find required default_backend: 'missing'.",
		},
	]);
});

test("what HAProxy accepts with warnings is accepted", async () => {
	await expect(checkWith(plays("check-warnings", 0))).resolves.toEqual({ accepted: true });
});

test("a refusal carries the findings and all that HAProxy wrote", async () => {
	await expect(checkWith(plays("check-refused", 1))).resolves.toEqual({
		accepted: false,
		findings: expect.arrayContaining([expect.objectContaining({ line: 13 })]),
		output: recorded("check-refused").trim(),
	});
});

test("a configuration without a listener is refused, although HAProxy calls it free of errors", async () => {
	await expect(checkWith(plays("check-no-listener", 2))).resolves.toMatchObject({
		accepted: false,
		findings: [{ line: 0, message: expect.stringContaining("no listener") }],
	});
});

test.each([
	["is killed", "kill -KILL $$"],
	["has no memory", "echo '[ALERT] (1) : out of memory'; exit 1"],
])("a parser that %s says nothing of the configuration", async (_, script) => {
	await expect(checkWith(script)).rejects.toMatchObject({ code: "haproxy-check-killed" });
});

test("a configuration that makes the parser crash is refused", async () => {
	await expect(checkWith("kill -SEGV $$")).resolves.toMatchObject({
		accepted: false,
		output: expect.stringContaining("SIGSEGV"),
	});
});

test("HAProxy runs in the directory, on its haproxy.cfg, and sees none of our environment", async () => {
	await using dir = await temporaryDirectory();
	const script = '#!/bin/sh\necho "$PWD $* $(env | cut -d= -f1 | sort | tr "\\n" " ")"; exit 1\n';
	await writeFile(join(dir.path, "haproxy"), script, { mode: 0o755 });

	const verdict = await createCheck(`${dir.path}:/usr/bin:/bin`)(dir.path, never);

	expect(verdict).toMatchObject({
		output: expect.stringMatching(/-c -f haproxy\.cfg (PATH|PWD|SHLVL|_| )+$/),
	});
	expect(verdict).toMatchObject({ output: expect.stringContaining(`${dir.path} `) });
});

test("a machine without HAProxy is told what to do", async () => {
	await using dir = await temporaryDirectory();

	await expect(createCheck(dir.path)(dir.path, never)).rejects.toMatchObject({
		code: "haproxy-not-installed",
		hint: expect.stringContaining("Install HAProxy"),
	});
});

test("promise 12: a controller that is told to end during a check ends in its own way", async () => {
	await using dir = await temporaryDirectory();
	await writeFile(join(dir.path, "haproxy"), "#!/bin/sh\nkill -TERM $PPID\nexec sleep 600\n", {
		mode: 0o755,
	});
	const program = `
		import { createCheck } from ${JSON.stringify(join(import.meta.dirname, "check.ts"))};
		const end = new AbortController();
		process.once("SIGTERM", () => end.abort());
		const path = ${JSON.stringify(dir.path)};
		await createCheck(path + ":/usr/bin:/bin")(path, end.signal).catch(({ name }) => console.log(name));`;
	const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program]);

	expect(stdout).toBe("AbortError");
});

test("promise 12: an abort ends a check", async () => {
	const stop = new AbortController();

	const verdict = checkWith("exec sleep 60", stop.signal);
	setImmediate(() => stop.abort(new Error("shutting down")));

	await expect(verdict).rejects.toThrow("shutting down");
});
