/** What the command's end says to a script; `ballast --help` prints them. */
export const exitCodes = {
	ok: 0,
	/** The answer is no: degraded, unhealthy, refused; or something failed. */
	no: 1,
	/** A flag, an argument or a setting that can't be understood. */
	usage: 2,
	/** No controller answers. */
	noController: 3,
	/** The Docker engine can't be read. */
	noDocker: 4,
} as const;

export function exitCodeOf(errorCode: string): number {
	if (errorCode === "no-controller") return exitCodes.noController;
	if (errorCode.startsWith("docker-")) return exitCodes.noDocker;
	return errorCode === "bad-setting" || errorCode === "bad-input" ? exitCodes.usage : exitCodes.no;
}
