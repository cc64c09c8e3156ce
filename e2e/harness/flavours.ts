const engineSocket = "/var/run/docker.sock";
export const mountEngineSocket = ["-v", `${engineSocket}:${engineSocket}`] as const;

/** The two ways in which people start it; both must come to the same. */
export const flavours = {
	plain: [],
	hardened: [
		"--read-only",
		...["--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "KILL"],
		...["--security-opt", "no-new-privileges"],
	],
} as const satisfies Record<string, readonly string[]>;
export type Flavour = keyof typeof flavours;
