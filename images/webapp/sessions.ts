import { randomBytes } from "node:crypto";

export type Session = { readonly id: string; readonly views: number; readonly cookie: string };

const cookieName = "NODESESSID";
/** In memory: the sessions seen longest ago make room. */
const mostSessions = 10_000;

/** Counts each visitor's views, by a cookie with nothing but a random id in it. */
export function createSessions(): { readonly visit: (cookies: string | undefined) => Session } {
	const viewsById = new Map<string, number>();
	return {
		visit: (cookies) => {
			const known = idIn(cookies);
			const id = known !== undefined && viewsById.has(known) ? known : randomBytes(16).toString("hex");
			const views = (viewsById.get(id) ?? 0) + 1;
			viewsById.delete(id);
			viewsById.set(id, views);
			if (viewsById.size > mostSessions) forgetOldest(viewsById);
			return { id, views, cookie: `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax` };
		},
	};
}

function idIn(cookies = ""): string | undefined {
	return new RegExp(`(?:^|; *)${cookieName}=([0-9a-f]{32})(?:;|$)`).exec(cookies)?.[1];
}

function forgetOldest(viewsById: Map<string, number>): void {
	for (const id of viewsById.keys()) {
		viewsById.delete(id);
		return;
	}
}
