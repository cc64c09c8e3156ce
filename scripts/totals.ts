// Adds up Vitest's JSON reports into one last line, `N passed, N failed`. Skipped tests are named; in CI they fail the
// run, since what is skipped there is proven nowhere.
import { readFileSync } from "node:fs";

type Test = { readonly fullName: string; readonly status: string };
type Report = {
	readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly Test[] }[];
};

const files = process.argv.slice(2).flatMap((path) => readReport(path).testResults);
const tests = files.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === "passed").length;
// A file that fails to load has no tests to count, and is a failure all the same.
const brokenFiles = files.filter(
	(file) => file.status === "failed" && !file.assertionResults.some(isFailed),
).length;
const failed = tests.filter(isFailed).length + brokenFiles;
const skipped = tests.filter((test) => test.status !== "passed" && !isFailed(test));

for (const test of skipped) console.log(`skipped: ${test.fullName}`);
if (passed + failed === 0) console.log("No test was run.");
console.log(`\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);

const skippedInCi = skipped.length > 0 && process.env["CI"] !== undefined;
process.exitCode = failed > 0 || passed === 0 || skippedInCi ? 1 : 0;

function isFailed(test: Test): boolean {
	return test.status === "failed";
}

function readReport(path: string): Report {
	return JSON.parse(readFileSync(path, "utf8"));
}
