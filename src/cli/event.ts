import { text } from "node:stream/consumers";
import { postToController } from "../admin/client.ts";
import { ownHappening } from "../model/happening.ts";
import { exitCodes } from "./exit-codes.ts";

export type EventArguments = {
	readonly name: string;
	/** `-`: it is read from standard input. */
	readonly payload?: string | undefined;
	readonly json?: boolean | undefined;
};

/** Tells of an event. Throws `AppError` `bad-input` for a name or a payload that is not allowed. */
export async function eventVerb(socket: string, { name, payload, json }: EventArguments): Promise<number> {
	const given = payload === "-" ? await text(process.stdin) : payload;
	ownHappening(name, given);
	const handed = await postToController(socket, "/events", { name, payload: given });
	const { handlers, webhooks, dropped } = handed;
	const missed = dropped === 0 ? "" : `; ${dropped} too far behind to hear of it, see: ballast problems`;
	console.log(
		json === true
			? JSON.stringify(handed, undefined, "\t")
			: `handed to ${handlers} handler(s) and ${webhooks} webhook(s)${missed}`,
	);
	return dropped === 0 ? exitCodes.ok : exitCodes.no;
}
