import { AppError } from "../errors.ts";

/** A reply that isn't what the command promises: another version of HAProxy, or an error in its own words. */
export function unexpectedReply(command: string, reply: string): AppError {
	const said = reply.trim().split("\n", 1)[0] || "nothing";
	return new AppError("haproxy-unexpected-reply", `HAProxy answered "${command}" with: ${said}`, {
		hint: "Ballast speaks to HAProxy 3.0 and newer; compare `haproxy -v`.",
	});
}
