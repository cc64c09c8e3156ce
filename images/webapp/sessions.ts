import { randomBytes } from "node:crypto";

export type Session = { readonly id: string; readonly views: number; readonly cookie: string };

/** Where views are counted: in the memory of this container, or in a store that all of them share. */
export type SessionStore = {
	/** Begins a session with its first view. */
	readonly begin: (id: string) => Promise<void>;
	/** Counts one view more, and gives how many there are; undefined for a session that is not known. */
	readonly view: (id: string) => Promise<number | undefined>;
};

export type Sessions = { readonly visit: (cookies: string | undefined) => Promise<Session> };

const cookieName = "NODESESSID";

/** Counts each visitor's views, by a cookie with nothing but a random id in it. */
export function createSessions(store: SessionStore): Sessions {
	return {
		visit: async (cookies) => {
			const id = idIn(cookies);
			const views = id === undefined ? undefined : await store.view(id);
			return id === undefined || views === undefined ? await begin(store) : sessionOf(id, views);
		},
	};
}

async function begin(store: SessionStore): Promise<Session> {
	const id = randomBytes(16).toString("hex");
	await store.begin(id);
	return sessionOf(id, 1);
}

function sessionOf(id: string, views: number): Session {
	return { id, views, cookie: `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax` };
}

function idIn(cookies = ""): string | undefined {
	return new RegExp(`(?:^|; *)${cookieName}=([0-9a-f]{32})(?:;|$)`).exec(cookies)?.[1];
}
