import { postToController } from "../admin/client.ts";
import type { Held, HoldWish } from "../admin/hold.ts";
import { exitCodes } from "./exit-codes.ts";
import { unknownContainer } from "./unknown-container.ts";

/** Sets it, and says so. */
export async function holdVerb(
	socket: string,
	asked: string,
	wish: HoldWish,
	json: boolean,
): Promise<number> {
	const held = await hold(socket, asked, wish);
	console.log(json ? JSON.stringify(held, undefined, "\t") : holdText(held));
	if (!json) tellRemarks(held);
	return exitCodes.ok;
}

/** Throws `AppError` `bad-input` for a container that there is not, and for one that is none of Ballast's. */
export async function hold(socket: string, asked: string, wish: HoldWish): Promise<Held> {
	const answer = await postToController(socket, "/holds", { container: asked, wish });
	if (!answer.known) throw unknownContainer(asked, answer.near);
	return answer;
}

export function holdText({ container: { name }, hold, changed }: Held): string {
	const already = changed ? "" : ", as before";
	if (hold === null) return `${name} is ready${already}`;
	const state = hold === "drain" ? "takes no new clients" : "is in maintenance: nobody is sent there";
	return `${name} ${state}${already}; take it back with: ballast ready ${name}`;
}

/** On standard error, so that a script can leave them out. */
export function tellRemarks({ remarks }: Held): void {
	for (const remark of remarks) console.error(`note: ${remark}`);
}
