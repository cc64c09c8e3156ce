import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { compileFunction } from "node:vm";
import { Eta, type TemplateFunction } from "eta";
import { closest } from "fastest-levenshtein";
import { AppError, messageOf } from "../errors.ts";
import { syntaxFault } from "./syntax-fault.ts";

/** Every template, compiled. What they write is a function of the view alone. */
export type Templates = {
	/** The files that the templates write, as paths in a generation's directory: `haproxy.cfg` among them. */
	readonly outputs: readonly string[];
	/** The text of one of `outputs`. Throws `AppError` `template-broken` with file and line when its template fails. */
	readonly write: (output: string, view: object) => string;
	/** The operator's own first. */
	readonly sources: readonly TemplateSource[];
};

type TemplateSource = {
	/** Relative to its directory, with forward slashes: `partials/pool.cfg.eta`. */
	readonly name: string;
	readonly file: string;
	readonly text: string;
	readonly owner: "ballast" | "operator";
};

type SourcesByName = ReadonlyMap<string, TemplateSource>;

const extension = ".eta";
/** Templates below it are included by others, and write no file of their own. */
const partials = "partials/";

/**
 * Reads and compiles the templates once. An operator's file replaces the shipped one of the same relative name; a directory
 * that does not exist is one without files. Throws `AppError`: `template-broken`, `template-unknown`, `template-unreadable`.
 */
export async function loadTemplates(shippedDir: string, operatorDir: string | undefined): Promise<Templates> {
	const shipped = await readTemplates(shippedDir, "ballast");
	const own = operatorDir === undefined ? [] : await readTemplates(operatorDir, "operator");
	const names = shipped.map(({ name }) => name);
	const byName: SourcesByName = new Map([...shipped, ...own].map((source) => [source.name, source]));
	for (const source of own) refuseStray(source, names, [...byName.values()]);

	const eta = createEta(byName);
	for (const source of byName.values()) eta.templatesSync.define(source.name, compile(eta, source));
	return {
		outputs: [...byName.keys()].filter((name) => !name.startsWith(partials)).map(withoutExtension),
		write: (output, view) => eta.render(output + extension, view),
		sources: [...byName.values()].sort(
			(a, b) => Number(b.owner === "operator") - Number(a.owner === "operator"),
		),
	};
}

/**
 * The template line that wrote a line of a generated file, as far as the text tells: the one line that reads the same but
 * for its tags. Undefined when none does, or several.
 */
export function templateLine(
	templates: Templates,
	generatedText: string,
): { readonly file: string; readonly line: number } | undefined {
	const text = generatedText.trim();
	const lines = templates.sources.flatMap(({ file, text: template }) =>
		template.split("\n").map((content, index) => ({ file, line: index + 1, content: content.trim() })),
	);
	const verbatim = lines.filter(({ content }) => content === text);
	const candidates =
		verbatim.length > 0 ? verbatim : lines.filter(({ content }) => couldWrite(content, text));
	const [only, ...others] = candidates;
	return only === undefined || others.length > 0 ? undefined : { file: only.file, line: only.line };
}

/** Whether a template's line, with anything in place of its tags, reads like the text. One of tags alone tells nothing. */
function couldWrite(templateText: string, text: string): boolean {
	const fixed = templateText.split(/<%.*?%>/);
	if (fixed.length === 1 || fixed.every((part) => part.trim() === "")) return false;
	const literal = fixed.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${literal.join(".*")}$`).test(text);
}

async function readTemplates(directory: string, owner: TemplateSource["owner"]): Promise<TemplateSource[]> {
	const names = await filesIn(directory, owner);
	return Promise.all(
		names.map(async (name) => {
			const file = join(directory, name);
			try {
				const text = await readFile(file, "utf8");
				// An editor on Windows adds carriage returns and a byte order mark, which HAProxy would take for part of a word.
				return { name, file, owner, text: text.replaceAll("\r\n", "\n").replace(/^\uFEFF/, "") };
			} catch (cause) {
				throw new AppError("template-unreadable", `can't read template ${file}`, { cause });
			}
		}),
	);
}

/** All files below a directory but hidden ones (Kubernetes mounts have some) and editors' backups, in one order everywhere. */
async function filesIn(directory: string, owner: TemplateSource["owner"]): Promise<string[]> {
	try {
		const entries = await readdir(directory, { recursive: true, withFileTypes: true });
		return entries
			.filter((entry) => !entry.isDirectory())
			.map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
			.filter((name) => !/(^|\/)\.|~$/.test(name))
			.sort();
	} catch (cause) {
		if (owner === "operator" && isMissing(cause)) return [];
		throw new AppError("template-unreadable", `can't read the templates in ${directory}`, { cause });
	}
}

function isMissing(thrown: unknown): boolean {
	return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}

/**
 * A misspelt name would have no effect, silently. A file of the operator's own is one in a directory that another template
 * names, as a partial that it includes or a map that it reads.
 */
function refuseStray(
	source: TemplateSource,
	shipped: readonly string[],
	all: readonly TemplateSource[],
): void {
	if (shipped.includes(source.name)) return;
	const mentioned = all.some(
		(other) => other !== source && other.text.includes(withoutExtension(source.name)),
	);
	if (source.name.endsWith(extension) && source.name.includes("/") && mentioned) return;
	throw new AppError(
		"template-unknown",
		`template ${source.file} replaces none of Ballast's, and no template mentions it`,
		{ hint: `did you mean ${closest(source.name, shipped)}? There are: ${shipped.join(", ")}` },
	);
}

function withoutExtension(name: string): string {
	return name.endsWith(extension) ? name.slice(0, -extension.length) : name;
}

/** An Eta whose templates are the given ones, which prints what it is told and nothing else, and blames file and line. */
function createEta(byName: SourcesByName): Eta {
	const eta = new Eta({
		// The defaults escape HTML, eat the newline after a value, and print `undefined`.
		autoEscape: false,
		autoTrim: false,
		autoFilter: true,
		filterFunction: printed,
		cache: true,
		debug: true,
	});
	eta.resolvePath = (name) => name;
	eta.readFile = (name) => {
		throw new Error(`there is no template ${name}; there are ${[...byName.keys()].join(", ")}`);
	};
	eta.RuntimeErr = (error, template, line, name) => {
		// An included template has blamed itself already.
		if (error instanceof AppError) throw error;
		const text = template.split("\n")[line - 1]?.trim() ?? "";
		throw broken(byName.get(name), line, `${messageOf(error)}, in \`${text}\``);
	};
	return eta;
}

function printed(value: unknown): string {
	if (value === undefined || value === null) throw new TypeError(`the value to print is ${value}`);
	return String(value);
}

/** Node's own compiler, for it tells the line of a syntax error, which Eta's `compile` does not. */
function compile(eta: Eta, source: TemplateSource): TemplateFunction {
	const code = parsed(eta, source);
	try {
		return compileFunction(code, ["it", "options"], { filename: source.file }) as TemplateFunction;
	} catch (thrown) {
		if (!(thrown instanceof Error)) throw thrown;
		const attempt = { file: source.file, template: source.text, code, tags: eta.parse(source.text) };
		const { line, what } = syntaxFault(attempt, thrown);
		throw broken(source, line, what);
	}
}

function parsed(eta: Eta, source: TemplateSource): string {
	try {
		return eta.compileToString(source.text);
	} catch (thrown) {
		// `unclosed tag at line 3 col 5:`, then the text around it.
		const [what = "", line = "0"] = messageOf(thrown).split(/ at line (\d+) col \d+:/);
		throw broken(source, Number(line), what);
	}
}

function broken(source: TemplateSource | undefined, line: number, what: string): AppError {
	const hint =
		source?.owner === "operator"
			? "mend the file, or remove it to use Ballast's own; `ballast check` tells when it is right"
			: "this is a fault of Ballast's own template, please report it";
	return new AppError("template-broken", `template ${source?.file ?? "?"}:${line}: ${what}`, { hint });
}
