// Takes the types out of every .ts file below a directory, when the image is built: Node would do so at each start, and
// its parser would stay in the controller's memory. What was a type is blank afterwards, so that a stack trace of x.js
// names line and column of x.ts.
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

/** A relative path to a .ts file, as a string: what imports name. */
const ownImport = /"(?<path>\.{1,2}\/[^"\n]+)\.ts"/g;

const [directory = "."] = process.argv.slice(2);
for (const name of globSync("**/*.ts", { cwd: directory })) {
	const path = join(directory, name);
	const script = stripTypeScriptTypes(readFileSync(path, "utf8")).replace(ownImport, '"$<path>.js"');
	writeFileSync(path.replace(/ts$/, "js"), script);
	rmSync(path);
}
