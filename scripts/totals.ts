// Adds up Vitest's JSON reports into one last line, `N passed, N failed`. What failed is named again, with its first line,
// for those who see the end of a long output alone. Skipped tests are named; in CI they fail the run, since what is
// skipped there is proven nowhere.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

type Test = {
	readonly fullName: string;
	readonly status: string;
	readonly failureMessages?: readonly string[];
};
type File = {
	readonly name: string;
	readonly status: string;
	readonly message?: string;
	readonly assertionResults: readonly Test[];
};
type Report = { readonly testResults: readonly File[] };

const files = process.argv.slice(2).flatMap((path) => readReport(path).testResults);
const tests = files.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === "passed").length;
// A file that fails to load has no tests to count, and is a failure all the same.
const brokenFiles = files.filter((file) => file.status === "failed" && !file.assertionResults.some(isFailed));
const failed = tests.filter(isFailed).length + brokenFiles.length;
const skipped = tests.filter((test) => test.status !== "passed" && !isFailed(test));

for (const file of files)
	for (const test of file.assertionResults.filter(isFailed))
		tell(file, test.fullName, test.failureMessages?.[0]);
for (const file of brokenFiles) tell(file, "the file as a whole", file.message);
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
if (passed + failed === 0) console.log("No test was run.");
console.log(`\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);

const skippedInCi = skipped.length > 0 && process.env["CI"] !== undefined;
process.exitCode = failed > 0 || passed === 0 || skippedInCi ? 1 : 0;

function isFailed(test: Test): boolean {
	return test.status === "failed";
}

function tell(file: File, what: string, why = ""): void {
	const [firstLine = ""] = stripVTControlCharacters(why).split("\n");
	console.log(`failed: ${relative(".", file.name)}: ${what}\n        ${firstLine.slice(0, 500)}`);
}

function readReport(path: string): Report {
	return JSON.parse(readFileSync(path, "utf8"));
}
