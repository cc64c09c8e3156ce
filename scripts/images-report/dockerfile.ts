/** An instruction, its continuation lines joined: `RUN`, and what follows it. */
export type Instruction = { readonly keyword: string; readonly rest: string };

/** A Dockerfile in two: the stages that only others copy from, as they are, and the stage that becomes the image. */
export type Dockerfile = { readonly stages: string; readonly last: readonly Instruction[] };

export function parseDockerfile(text: string): Dockerfile {
	const start = text.lastIndexOf("\nFROM ") + 1;
	const lines = text
		.slice(start)
		.split("\n")
		.filter((line) => line.trim() !== "" && !line.startsWith("#"));
	const whole = lines.join("\n").replaceAll(/\s*\\\n\s*/g, " ");
	return {
		stages: text.slice(0, start),
		last: whole.split("\n").map((line) => {
			const [keyword = "", ...rest] = line.split(" ");
			return { keyword, rest: rest.join(" ") };
		}),
	};
}

export function writeDockerfile({ stages, last }: Dockerfile): string {
	return `${stages}${last.map(({ keyword, rest }) => `${keyword} ${rest}\n`).join("")}`;
}

/** The options of an instruction, such as `--mount=…`, and the words behind them. */
export function optionsOf(rest: string): { readonly options: readonly string[]; readonly words: string } {
	const [leading = ""] = /^(?:--\S+\s+)*/.exec(rest) ?? [];
	return {
		options: leading.split(/\s+/).filter((option) => option !== ""),
		words: rest.slice(leading.length),
	};
}

/** `RUN` with a script of its own, which may have several lines. */
export function runScript(options: readonly string[], script: string): Instruction {
	return { keyword: "RUN", rest: [...options, `<<'SCRIPT'\n${script}\nSCRIPT`].join(" ") };
}
