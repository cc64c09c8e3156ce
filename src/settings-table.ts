import {
	absolutePath,
	autoOr,
	cidrs,
	duration,
	emptyOr,
	haproxyTime,
	matching,
	oneOf,
	onOff,
	urls,
	webhookSecret,
	wholeNumber,
} from "./setting-parsers.ts";

/** One row of the table: everything there is to know of a setting. */
export type Setting<T> = {
	/** The environment variable; the flag is made of it: `BALLAST_STATS_PORT` → `--stats-port`. */
	readonly env: string;
	/** Taken when `env` is not set, before the default. */
	readonly envToo?: string;
	readonly meaning: string;
	readonly expected: string;
	/** As it would be written. An empty text in the environment counts as not set. */
	readonly default: string;
	/** The typed value of an allowed text; null for any other. */
	readonly parse: (text: string) => T | null;
	/** Never printed. */
	readonly secret?: true;
};

function setting<T>(row: Setting<T>): Setting<T> {
	return row;
}

/** Every setting there is. `ballast settings` prints it; nothing else reads the environment. */
export const settingsTable = {
	joinLabel: setting({
		env: "BALLAST_JOIN_LABEL",
		meaning: "the label that makes a container join, key=value or a bare key",
		expected: "key=value or a key, without spaces",
		default: "role=backend",
		parse: matching(/^[^\s=]+(=[^\s]*)?$/),
	}),
	labelPrefix: setting({
		env: "BALLAST_LABEL_PREFIX",
		meaning: "what every other label of ours begins with",
		expected: "letters, digits, dots and dashes, with a dot at the end",
		default: "ballast.",
		parse: matching(/^[a-zA-Z0-9.-]+\.$/),
	}),
	port: setting({
		env: "BALLAST_PORT",
		meaning: "the port of containers that neither say nor expose exactly one",
		expected: "a port from 1 to 65535",
		default: "",
		parse: emptyOr(wholeNumber(1, 65_535)),
	}),
	httpPort: setting({
		env: "BALLAST_HTTP_PORT",
		meaning: "the port that HAProxy answers on, in its container",
		expected: "a port from 1 to 65535",
		default: "80",
		parse: wholeNumber(1, 65_535),
	}),
	statsPort: setting({
		env: "BALLAST_STATS_PORT",
		meaning: "the port of HAProxy's stats page, in its container",
		expected: "a port from 1 to 65535",
		default: "1936",
		parse: wholeNumber(1, 65_535),
	}),
	dockerHost: setting({
		env: "BALLAST_DOCKER_HOST",
		envToo: "DOCKER_HOST",
		meaning: "the engine to follow",
		expected: "unix:///path/of/a/socket or tcp://host:port",
		default: "unix:///var/run/docker.sock",
		parse: matching(/^(unix:\/\/\/\S+|tcp:\/\/[^\s/]+:\d+)$/),
	}),
	templates: setting({
		env: "BALLAST_TEMPLATES",
		meaning: "a directory of your own templates, each in the place of ours of the same name",
		expected: "an absolute path without spaces",
		default: "/etc/ballast/templates",
		parse: absolutePath,
	}),
	accessLog: setting({
		env: "BALLAST_ACCESS_LOG",
		meaning: "a line on standard output for each request (costs about a tenth of the throughput)",
		expected: "on or off",
		default: "off",
		parse: onOff,
	}),
	trustedProxies: setting({
		env: "BALLAST_TRUSTED_PROXIES",
		meaning: "whose X-Forwarded-* headers are believed; everybody else's are dropped",
		expected: "addresses or CIDR blocks, with commas between them",
		default: "",
		parse: cidrs,
	}),
	cookieKey: setting({
		env: "BALLAST_COOKIE_KEY",
		meaning: "a secret that sticky cookies are made with; else one is made at random, and kept in the state",
		expected: "8 to 64 letters, digits, dashes and underscores",
		default: "",
		parse: emptyOr(matching(/^[a-zA-Z0-9_-]{8,64}$/)),
		secret: true,
	}),
	threads: setting({
		env: "BALLAST_THREADS",
		meaning: "HAProxy's threads; auto: as many as the container may use CPUs",
		expected: "auto, or a whole number from 1 to 64",
		default: "auto",
		parse: autoOr(wholeNumber(1, 64)),
	}),
	maxconn: setting({
		env: "BALLAST_MAXCONN",
		meaning: "connections at a time; auto: what the limit of open files allows, 20000 at most",
		expected: "auto, or a whole number from 10 to 1000000",
		default: "auto",
		parse: autoOr(wholeNumber(10, 1_000_000)),
	}),
	hardStopAfter: setting({
		env: "BALLAST_HARD_STOP_AFTER",
		meaning: "how long a process that a reload replaced may finish its connections",
		expected: "a time such as 30s, 30m or 24h, 596h at most",
		default: "30m",
		parse: haproxyTime,
	}),
	handlers: setting({
		env: "BALLAST_HANDLERS",
		meaning: "a directory of your own programs that are run on events",
		expected: "an absolute path without spaces",
		default: "/etc/ballast/handlers",
		parse: absolutePath,
	}),
	handlerTimeout: setting({
		env: "BALLAST_HANDLER_TIMEOUT",
		meaning: "how long one run of an event handler may take, before it is ended",
		expected: "a time such as 500ms, 30s or 5m, 1h at most",
		default: "30s",
		parse: duration(3_600_000),
	}),
	webhooks: setting({
		env: "BALLAST_WEBHOOKS",
		meaning: "where events are posted to, too",
		expected: "http:// or https:// URLs without user and password, with commas between them",
		default: "",
		parse: urls,
		secret: true,
	}),
	webhookSecret: setting({
		env: "BALLAST_WEBHOOK_SECRET",
		meaning: "signs webhooks, as Standard Webhooks has it; without it they are not signed",
		expected: "whsec_ and 24 to 64 bytes in base64",
		default: "",
		parse: emptyOr(webhookSecret),
		secret: true,
	}),
	logLevel: setting({
		env: "BALLAST_LOG_LEVEL",
		meaning: "how much the controller says",
		expected: "debug, info, warn, error or silent",
		default: "info",
		parse: oneOf(["debug", "info", "warn", "error", "silent"] as const),
	}),
	stateDir: directory(
		"BALLAST_STATE_DIR",
		"what outlives a restart: the membership log, the last good templates, the key of cookies",
		"/var/lib/ballast/state",
	),
	generationDir: directory("BALLAST_GENERATION_DIR", "what HAProxy reads", "/var/lib/ballast/generation"),
	nodesDir: directory("BALLAST_NODES_DIR", "a file per server, for scripts", "/nodes"),
	runDir: directory("BALLAST_RUN_DIR", "the controller's own socket", "/run/ballast"),
	haproxyDir: directory("BALLAST_HAPROXY_DIR", "HAProxy's admin and master sockets", "/run/haproxy"),
};

function directory(env: string, meaning: string, path: string): Setting<string> {
	return {
		env,
		meaning: `the directory of ${meaning}`,
		expected: "an absolute path without spaces",
		default: path,
		parse: absolutePath,
	};
}
