/** What a configuration depends on besides the fleet: the operator's settings and the machine's size. */
export type ProxyOptions = {
	readonly httpPort: number;
	readonly statsPort: number;
	/** Whether the kernel speaks IPv6; a bind to an IPv6 address would keep HAProxy from starting otherwise. */
	readonly ipv6: boolean;
	/** The Runtime API's socket, an absolute path. */
	readonly adminSocket: string;
	/** Where a process that was replaced hands requests over to the one in force, an absolute path. */
	readonly handoverSocket: string;
	/** What a reload carries over, absolute paths: the state of servers, and their counters. */
	readonly carried: { readonly servers: string; readonly counters: string };
	readonly accessLog: boolean;
	/** CIDR blocks whose X-Forwarded-* headers are believed. */
	readonly trustedProxies: readonly string[];
	/** What the values of sticky cookies are made with: a secret. */
	readonly cookieKey: string;
	readonly threads: number;
	/** Connections at a time. */
	readonly maxconn: number;
	/** Open files the process may hold. */
	readonly fdHardLimit: number;
	/** How long an old process may finish its connections after a reload, as HAProxy writes times: `30m`. */
	readonly hardStopAfter: string;
};
