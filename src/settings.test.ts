import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AppError } from "./errors.ts";
import { flagOf, readSettings, type SettingName, settingNames, settingsInForce } from "./settings.ts";
import { settingsTable } from "./settings-table.ts";

function refusalOf(act: () => unknown): AppError {
	try {
		act();
	} catch (thrown) {
		if (thrown instanceof AppError) return thrown;
		throw thrown;
	}
	throw new Error("nothing was refused");
}

const inForce = (name: SettingName, sources: Parameters<typeof settingsInForce>[0]) =>
	settingsInForce(sources).find((row) => row.name === name);

test("every default can be understood", () => {
	expect(readSettings({ env: {} })).toMatchObject({
		joinLabel: "role=backend",
		labelPrefix: "ballast.",
		port: undefined,
		httpPort: 80,
		statsPort: 1936,
		dockerHost: undefined,
		dockerContext: undefined,
		dockerTlsVerify: false,
		accessLog: false,
		trustedProxies: [],
		threads: "auto",
		maxconn: "auto",
		hardStopAfter: "30m",
		logLevel: "info",
	});
});

test("every setting has an environment variable of its own, and a flag made of it", () => {
	const variables = settingNames.map((name) => settingsTable[name].env);

	expect(new Set(variables).size).toBe(variables.length);
	expect(variables.filter((variable) => !/^BALLAST_[A-Z_]+$/.test(variable))).toEqual([]);
	expect(flagOf("statsPort")).toBe("--stats-port");
	expect(flagOf("dockerHost")).toBe("--docker-host");
});

describe("a value is taken from the flag, else the environment, else the default", () => {
	const env = { BALLAST_DOCKER_HOST: "tcp://a:1", DOCKER_HOST: "tcp://b:2" };

	test.each([
		["the flag", { flags: { dockerHost: "tcp://c:3" }, env }, "tcp://c:3", "--docker-host"],
		["our variable", { env }, "tcp://a:1", "BALLAST_DOCKER_HOST"],
		["Docker's own variable", { env: { DOCKER_HOST: "tcp://b:2" } }, "tcp://b:2", "DOCKER_HOST"],
		[
			"Docker's own when ours is empty",
			{ env: { ...env, BALLAST_DOCKER_HOST: "" } },
			"tcp://b:2",
			"DOCKER_HOST",
		],
		["the default", { env: { DOCKER_HOST: "" } }, "", "default"],
	])("%s", (_, sources, text, from) => {
		expect(inForce("dockerHost", sources)).toEqual({ name: "dockerHost", text, from });
	});

	test("an empty variable is one that is not set", () => {
		const env = Object.fromEntries(settingNames.map((name) => [settingsTable[name].env, ""]));

		expect(readSettings({ env })).toEqual(readSettings({ env: {} }));
	});
});

describe("a Docker host and a Docker context exclude each other, as with the Docker CLI", () => {
	test.each([
		[
			"Docker's host before its context",
			{ env: { DOCKER_HOST: "tcp://a", DOCKER_CONTEXT: "prod" } },
			"tcp://a",
			"",
		],
		[
			"our host before our context",
			{ env: { BALLAST_DOCKER_HOST: "tcp://a", BALLAST_DOCKER_CONTEXT: "prod" } },
			"tcp://a",
			"",
		],
		[
			"our context before Docker's host",
			{ env: { DOCKER_HOST: "tcp://a", BALLAST_DOCKER_CONTEXT: "prod" } },
			"",
			"prod",
		],
		[
			"the flag of a context before our host",
			{ flags: { dockerContext: "prod" }, env: { BALLAST_DOCKER_HOST: "tcp://a" } },
			"",
			"prod",
		],
		[
			"the flag of a host before our context",
			{ flags: { dockerHost: "tcp://a" }, env: { BALLAST_DOCKER_CONTEXT: "prod" } },
			"tcp://a",
			"",
		],
		["a context alone", { env: { DOCKER_CONTEXT: "prod" } }, "", "prod"],
	])("%s", (_, sources, host, context) => {
		expect(inForce("dockerHost", sources)?.text).toBe(host);
		expect(inForce("dockerContext", sources)?.text).toBe(context);
	});

	test("both flags at a time are refused", () => {
		const flags = { dockerHost: "tcp://a", dockerContext: "prod" };

		expect(refusalOf(() => readSettings({ flags, env: {} })).message).toBe(
			"--docker-host and --docker-context are both given, expected one of them",
		);
	});
});

describe("a value that can be understood", () => {
	test.each([
		["joinLabel", "serve-me", "serve-me"],
		["joinLabel", "com.example.role=", "com.example.role="],
		["labelPrefix", "lb.example.", "lb.example."],
		["port", "3000", 3000],
		["dockerHost", "tcp://[::1]:2375", "tcp://[::1]:2375"],
		["dockerHost", "tcp://host", "tcp://host"],
		["dockerHost", "ssh://me@host:22/run/docker.sock", "ssh://me@host:22/run/docker.sock"],
		["dockerContext", "prod_1.2", "prod_1.2"],
		["dockerConfig", "~/.docker", join(homedir(), ".docker")],
		["dockerTlsVerify", "1", true],
		["dockerTlsVerify", "on", true],
		["accessLog", "on", true],
		["accessLog", "off", false],
		["trustedProxies", "10.0.0.0/8, 2001:db8::/32 ,192.0.2.1", ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]],
		["syslog", "udp://logs.example.com:514", "udp://logs.example.com:514"],
		["syslog", "tcp://192.0.2.7:6514", "tcp://192.0.2.7:6514"],
		["syslog", "tcp://[::1]:6514", "tcp://[::1]:6514"],
		["syslog", "tcp://shop_log-1:514", "tcp://shop_log-1:514"],
		["trustedProxies", " ", []],
		["cookieKey", "", undefined],
		["cookieKey", "-_aZ09-_", "-_aZ09-_"],
		["cookieKey", "x".repeat(64), "x".repeat(64)],
		["threads", "64", 64],
		["maxconn", "10", 10],
		["hardStopAfter", "596h", "596h"],
		["hardStopAfter", "90s", "90s"],
		["logLevel", "silent", "silent"],
	] as const)("%s %s", (name, text, value) => {
		expect(readSettings({ flags: { [name]: text }, env: {} })[name]).toEqual(value);
	});
});

describe("a value that can't be understood is refused", () => {
	test.each([
		["joinLabel", "=backend"],
		["joinLabel", "role = backend"],
		["labelPrefix", "ballast"],
		["labelPrefix", "."],
		["port", "0"],
		["port", "http"],
		["httpPort", "65536"],
		["httpPort", ""],
		["statsPort", "-1"],
		["dockerHost", "/var/run/docker.sock"],
		["dockerHost", "tcp://:2375"],
		["dockerHost", "tcp://me@host"],
		["dockerHost", "ssh://me:secret@host"],
		["dockerHost", "ssh://"],
		["dockerContext", "../prod"],
		["dockerTlsVerify", "0"],
		["dockerConfig", "docker"],
		["dockerConfig", "~/my docker"],
		["templates", "templates"],
		["stateDir", ""],
		["accessLog", "yes"],
		["accessLog", "constructor"],
		["accessLog", "toString"],
		["syslog", "logs:514"],
		["syslog", "tls://logs:6514"],
		["syslog", "tcp://logs"],
		["syslog", "tcp://logs:0"],
		["syslog", "tcp://logs:65536"],
		["syslog", "tcp://:514"],
		["syslog", "tcp://::1:514"],
		["syslog", "tcp://[::1%eth0]:514"],
		["syslog", "tcp://[logs]:514"],
		["syslog", "tcp://300.1.2.3:514"],
		["syslog", "tcp://logs:514/"],
		["syslog", "udp://$(id):514"],
		["syslog", "udp://logs:514\\n"],
		["trustedProxies", "10.0.0.0/33"],
		["trustedProxies", "2001:db8::/129"],
		["trustedProxies", "10.0.0.0/8/8"],
		["trustedProxies", "10.0.0.1,"],
		["trustedProxies", "example.com"],
		["trustedProxies", "fe80::1%eth0"],
		["trustedProxies", "10.0.0.0/8\n    http-request deny"],
		["threads", "65"],
		["threads", "0"],
		["maxconn", "9"],
		["hardStopAfter", "30"],
		["hardStopAfter", "0s"],
		["hardStopAfter", "1d"],
		["hardStopAfter", "597h"],
		["logLevel", "trace"],
	] as const)("%s %j", (name, text) => {
		const { code, message } = refusalOf(() => readSettings({ flags: { [name]: text }, env: {} }));

		expect(code).toBe("bad-setting");
		const told = JSON.stringify(text.replace("secret", "…"));
		expect(message).toBe(`${flagOf(name)} is ${told}, expected ${settingsTable[name].expected}`);
	});

	test.each(["short-7", "x".repeat(65), "with a blank", "$\u007bHOME}-and-more", "a-key\n    x"])(
		"cookieKey %j, without telling it",
		(text) => {
			const { message } = refusalOf(() => readSettings({ env: { BALLAST_COOKIE_KEY: text } }));

			expect(message).toBe(
				`BALLAST_COOKIE_KEY is "${text.length} secret characters", expected 8 to 64 letters, digits, dashes and underscores`,
			);
		},
	);

	test("with all the others in one error, each by where it was found", () => {
		const env = { BALLAST_PORT: "x", BALLAST_THREADS: "many", BALLAST_HTTP_PORT: "8080", DOCKER_HOST: "y" };
		const { message } = refusalOf(() => readSettings({ flags: { logLevel: "loud" }, env }));

		expect(message.split("; ").map((part) => part.split(" ", 1)[0])).toEqual([
			"BALLAST_PORT",
			"DOCKER_HOST",
			"BALLAST_THREADS",
			"--log-level",
		]);
	});

	test("when both of HAProxy's ports are the same, as each would get half of the connections", () => {
		const { code, message } = refusalOf(() => readSettings({ env: { BALLAST_HTTP_PORT: "1936" } }));

		expect({ code, message }).toEqual({
			code: "bad-setting",
			message: "BALLAST_HTTP_PORT and BALLAST_STATS_PORT are both 1936, expected two different ports",
		});
	});
});
