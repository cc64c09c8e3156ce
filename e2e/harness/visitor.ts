/** What the demo app answers, with the status. */
export type Answer = { readonly status: number; readonly host: string; readonly sessionViews: number };

export type Visitor = {
	readonly visit: (url: string) => Promise<Answer>;
	/** As they stand in a request: `name=value`, sorted. */
	readonly cookies: () => readonly string[];
};

/** Somebody who brings back the cookies that were given, each time on a new connection; `more` are further headers. */
export function createVisitor(more: Readonly<Record<string, string>> = {}): Visitor {
	const jar = new Map<string, string>();
	const cookies = (): readonly string[] => [...jar].map(([name, value]) => `${name}=${value}`).sort();
	return {
		cookies,
		visit: async (url) => {
			const headers = { ...more, connection: "close", cookie: cookies().join("; ") };
			const response = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
			for (const cookie of response.headers.getSetCookie()) keep(jar, cookie);
			const text = await response.text();
			const view = response.status === 200 ? JSON.parse(text) : { host: "", sessionViews: 0 };
			return { status: response.status, host: view.host, sessionViews: view.sessionViews };
		},
	};
}

function keep(jar: Map<string, string>, cookie: string): void {
	const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
	jar.set(name, value);
}
