import { docker } from "./docker.ts";

/** Does what a problem's hint says: runs the `docker …` commands that it ends with. */
export async function followHint({ hint }: { readonly hint: string }): Promise<void> {
	const [, commands] = /: (docker .*)$/.exec(hint) ?? [];
	if (commands === undefined) throw new Error(`The hint ends with no command: ${hint}`);
	for (const command of commands.split(" && ")) await docker(...command.split(" ").slice(1));
}
