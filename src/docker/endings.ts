import type { Container } from "../model/container.ts";
import type { DockerEvent } from "./events.ts";
import { isUp } from "./leaving.ts";
import type { Found } from "./look.ts";

type Ending = { readonly exitCode: number; readonly outOfMemory: boolean };

/** How containers ended, for those that are gone before they are read: `docker run --rm`, `docker rm --force`. */
export type Endings = {
	readonly note: (event: DockerEvent) => void;
	/**
	 * Of those that were up and are not found any more: what an inspect would have said between their end and their removal.
	 * That is told once.
	 */
	readonly of: (found: readonly Found[], known: ReadonlyMap<string, Container>) => readonly Container[];
};

export function createEndings(): Endings {
	const endings = new Map<string, Ending>();

	function note({ containerId: id, action, exitCode }: DockerEvent): void {
		if (action === "start") endings.delete(id);
		const before = endings.get(id) ?? { exitCode: 0, outOfMemory: false };
		if (action === "oom") endings.set(id, { ...before, outOfMemory: true });
		if (exitCode !== undefined) endings.set(id, { ...before, exitCode });
	}

	function lastWords(last: Container | undefined): readonly Container[] {
		const ending = endings.get(last?.id ?? "");
		if (last === undefined || ending === undefined || !isUp(last)) return [];
		return [{ ...last, state: "removing", ...ending }];
	}

	return {
		note,
		of: (found, known) => {
			const gone = found.filter(({ container }) => container === undefined);
			const told = gone.flatMap(({ id }) => lastWords(known.get(id)));
			for (const { id } of gone) endings.delete(id);
			for (const id of endings.keys()) if (!known.has(id)) endings.delete(id);
			return told;
		},
	};
}
