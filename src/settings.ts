import { AppError } from "./errors.ts";
import {
	absolutePath,
	autoOr,
	cidrs,
	emptyOr,
	haproxyTime,
	matching,
	oneOf,
	onOff,
	wholeNumber,
} from "./setting-parsers.ts";

/** One row of the table: everything there is to know of a setting. */
type Setting<T> = {
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

export type SettingName = keyof typeof settingsTable;
export type Settings = {
	readonly [Name in SettingName]: (typeof settingsTable)[Name] extends Setting<infer T> ? T : never;
};

export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** Where each setting's value comes from, first found first: flag, environment, default. */
export type Sources = {
	readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
	readonly env?: Readonly<Record<string, string | undefined>>;
};

/** One row of `ballast settings`: the text in force and where it was found. */
export type SettingInForce = { readonly name: SettingName; readonly text: string; readonly from: string };

/** All settings, typed. Throws one `AppError` that names every setting that can't be understood. */
export function readSettings(sources: Sources = {}): Settings {
	const rows = settingsInForce(sources).map((row) => ({
		...row,
		value: settingsTable[row.name].parse(row.text),
	}));
	const bad = rows.filter((row) => row.value === null);
	if (bad.length > 0) throw badSettings(bad);
	const settings = Object.fromEntries(rows.map(({ name, value }) => [name, value])) as Settings;
	refuseSamePorts(settings);
	return settings;
}

/** HAProxy would bind both, and the kernel would give each half of the connections. */
function refuseSamePorts({ httpPort, statsPort }: Settings): void {
	if (httpPort !== statsPort) return;
	const message = `BALLAST_HTTP_PORT and BALLAST_STATS_PORT are both ${httpPort}, expected two different ports`;
	throw new AppError("bad-setting", message, { hint: "change one of them" });
}

export function settingsInForce({ flags = {}, env = process.env }: Sources = {}): readonly SettingInForce[] {
	return settingNames.map((name) => {
		const row: Setting<unknown> = settingsTable[name];
		const flag = flags[name];
		if (flag !== undefined) return { name, text: flag, from: flagOf(name) };
		const variable = [row.env, row.envToo].find((key) => key !== undefined && (env[key] ?? "") !== "");
		return { name, text: env[variable ?? ""] ?? row.default, from: variable ?? "default" };
	});
}

/** As it may be printed and logged: of a secret only how long it is. */
export function withoutSecret(row: SettingInForce): SettingInForce {
	const { secret }: Setting<unknown> = settingsTable[row.name];
	return secret && row.text !== "" ? { ...row, text: `${row.text.length} secret characters` } : row;
}

/** `BALLAST_STATS_PORT` → `--stats-port`. */
export function flagOf(name: SettingName): string {
	return `--${settingsTable[name].env.replace("BALLAST_", "").toLowerCase().replaceAll("_", "-")}`;
}

function badSettings(bad: readonly SettingInForce[]): AppError {
	const complaints = bad.map(withoutSecret).map(({ name, text, from }) => {
		return `${from} is ${JSON.stringify(text)}, expected ${settingsTable[name].expected}`;
	});
	return new AppError("bad-setting", complaints.join("; "), {
		hint: "correct it, or leave it away for the default; `ballast settings` lists them all",
	});
}

function directory(env: string, meaning: string, path: string): Setting<string> {
	return {
		env,
		meaning: `the directory of ${meaning}`,
		expected: "an absolute path without spaces",
		default: path,
		parse: absolutePath,
	};
}
