import { basename } from "node:path";
import { type Dockerfile, type Instruction, optionsOf, runScript } from "./dockerfile.ts";

/** The same image with a single RUN for all that it runs and copies. */
export function merged(dockerfile: Dockerfile): Dockerfile {
	const [from, ...rest] = dockerfile.last;
	if (from === undefined) throw new Error("expected a FROM, got nothing");
	const steps = rest.filter(({ keyword }) => isStep(keyword)).map(mergeable);
	const mounts = new Set(steps.flatMap(({ mounts }) => mounts));
	const script = ["set -e", put, ...steps.map((step) => step.script)].join("\n");
	return {
		...dockerfile,
		last: [
			from,
			...rest.filter(({ keyword }) => isSetting(keyword)),
			runScript([...mounts], script),
			...rest.filter(({ keyword }) => !isStep(keyword) && !isSetting(keyword)),
		],
	};
}

function isStep(keyword: string): boolean {
	return ["RUN", "COPY"].includes(keyword);
}

/** What a RUN behind it sees. */
function isSetting(keyword: string): boolean {
	return ["ARG", "ENV", "WORKDIR"].includes(keyword);
}

type Mergeable = { readonly mounts: readonly string[]; readonly script: string };

function mergeable({ keyword, rest }: Instruction, index: number): Mergeable {
	const { options, words } = optionsOf(rest);
	if (keyword === "RUN") return { mounts: options, script: `( ${words} ) || exit 1` };
	const sources = words.split(/\s+/);
	const target = sources.pop();
	const mounted = sources.map((source, which) => mountOf(source, options, `/from/${index}-${which}/`));
	return {
		mounts: mounted.map(({ mount }) => mount),
		script: `put ${target} "${chmodOf(options)}" ${mounted.map(({ path }) => path).join(" ")}`,
	};
}

/** A source of COPY as a mount below `place`, under its own name, and its path there. With a wildcard, its directory. */
function mountOf(source: string, options: readonly string[], place: string) {
	const stage = options.flatMap((option) => (option.startsWith("--from=") ? [option.slice(2)] : []));
	const directory = source.includes("*") ? source.slice(0, source.lastIndexOf("/")) : source;
	const target = `${place}${basename(directory)}`;
	return {
		mount: `--mount=${["type=bind", ...stage, `source=${directory}`, `target=${target}`].join(",")}`,
		path: `${target}${source.slice(directory.length)}`,
	};
}

function chmodOf(options: readonly string[]): string {
	const other = options.find((option) => !/^--(?:from|chmod)=/.test(option));
	if (other !== undefined) throw new Error(`expected --from or --chmod, got ${other}: teach it to merged.ts`);
	return options.find((option) => option.startsWith("--chmod="))?.slice("--chmod=".length) ?? "";
}

/** put <target> <mode or nothing> <source…>: what COPY does. */
const put = `put() {
	target=$1 mode=$2; shift 2
	for source; do
		case $target in
		*/) place=$target$(basename "$source") ;;
		*) place=$target ;;
		esac
		if [ -d "$source" ]; then place=$target; mkdir -p "$place"; cp -R --preserve=mode "$source/." "$place"
		else mkdir -p "$(dirname "$place")"; cp --preserve=mode "$source" "$place"; fi
		[ -z "$mode" ] || chmod -R "$mode" "$place"
	done
}`;
