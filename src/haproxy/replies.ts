import { unexpectedReply } from "./reply.ts";

/**
 * The replies to commands that went over one connection: each ends with an empty line, and one that has nothing to say is
 * that line alone. Undefined when the master has no process to pass them on to. Throws `AppError` when there are not as many as commands.
 */
export function repliesIn(text: string, commands: readonly string[]): readonly string[] | undefined {
	const replies: string[] = [];
	for (let at = 0; at < text.length; ) {
		if (text.startsWith("Can't find the target PID", at)) return undefined;
		const [reply] = /^(?:\n|[^\n][\s\S]*?\n\n)/.exec(text.slice(at)) ?? [];
		if (reply === undefined) break;
		replies.push(reply);
		at += reply.length;
	}
	if (replies.length !== commands.length) throw unexpectedReply(commands.join("; ").slice(0, 200), text);
	return replies;
}
