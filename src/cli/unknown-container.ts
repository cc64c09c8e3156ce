import { AppError } from "../errors.ts";
import { printable } from "../model/labels.ts";

/** @param near names that may have been meant */
export function unknownContainer(asked: string, near: readonly string[]): AppError {
	const hint =
		near.length === 0
			? "docker ps --all shows their names; an id may be cut short, as long as only one begins with it"
			: `did you mean ${near.join(", ")}?`;
	return new AppError("bad-input", `there is no container ${printable(asked)}`, { hint });
}
