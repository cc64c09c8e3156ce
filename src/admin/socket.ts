import { join } from "node:path";

/** Where the controller answers, and the command line asks. */
export function socketOf({ runDir }: { readonly runDir: string }): string {
	return join(runDir, "ballast.sock");
}
