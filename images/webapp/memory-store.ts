import type { SessionStore } from "./sessions.ts";

/** The sessions seen longest ago make room. */
const mostSessions = 10_000;

/** Sessions end with the container that they began in. */
export function createMemoryStore(): SessionStore {
	const viewsById = new Map<string, number>();

	function keep(id: string, views: number): void {
		viewsById.delete(id);
		viewsById.set(id, views);
		if (viewsById.size > mostSessions) forgetOldest(viewsById);
	}

	return {
		begin: async (id) => keep(id, 1),
		view: async (id) => {
			const before = viewsById.get(id);
			if (before === undefined) return undefined;
			keep(id, before + 1);
			return before + 1;
		},
	};
}

function forgetOldest(viewsById: Map<string, number>): void {
	for (const id of viewsById.keys()) {
		viewsById.delete(id);
		return;
	}
}
