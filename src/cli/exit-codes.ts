/** What the command's end says to a script. */
export const exitCodes = { ok: 0, no: 1, usage: 2, noController: 3, noDocker: 4 } as const;

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
	ok: "done; the answer is yes",
	no: "the answer is no: degraded, unhealthy, refused, different, not drained in time; or it failed",
	usage: "a flag, an argument or a setting that can't be understood",
	noController: "no controller answers",
	noDocker: "the Docker engine can't be read",
};

/** For `ballast --help`. */
export function exitCodesText(): string {
	const lines = Object.entries(meanings).map(([name, meaning]) => {
		return `  ${exitCodes[name as keyof typeof exitCodes]}  ${meaning}`;
	});
	return ["", "Exit codes:", ...lines].join("\n");
}

export function exitCodeOf(errorCode: string): number {
	if (errorCode === "no-controller") return exitCodes.noController;
	if (errorCode.startsWith("docker-")) return exitCodes.noDocker;
	return errorCode === "bad-setting" || errorCode === "bad-input" ? exitCodes.usage : exitCodes.no;
}
