import { expect, test } from "vitest";
import { nameOf, parseDockerHost } from "./host.ts";

test.each([
	["unix:///var/run/docker.sock", { kind: "unix", path: "/var/run/docker.sock" }],
	["tcp://10.0.0.1:2375", { kind: "tcp", hostname: "10.0.0.1", port: 2375 }],
	["tcp://engine", { kind: "tcp", hostname: "engine", port: 2375 }],
	["tcp://[fd00::1]:2376", { kind: "tcp", hostname: "fd00::1", port: 2376 }],
	["ssh://me@host", { kind: "ssh", user: "me", hostname: "host" }],
	[
		"ssh://host:2222/run/user/1000/docker.sock",
		{ kind: "ssh", hostname: "host", port: 2222, path: "/run/user/1000/docker.sock" },
	],
	["ssh://[fd00::1]/", { kind: "ssh", hostname: "fd00::1" }],
])("the Docker host %s is understood", (text, host) => {
	expect(parseDockerHost(text)).toEqual(host);
});

test("the port of TLS is another than that of plain TCP, where none is given", () => {
	const tls = { verify: true };

	expect(parseDockerHost("tcp://engine", tls)).toEqual({ kind: "tcp", hostname: "engine", port: 2376, tls });
	expect(parseDockerHost("tcp://engine:1", tls)).toMatchObject({ port: 1 });
	expect(parseDockerHost("unix:///a.sock", tls)).toEqual({ kind: "unix", path: "/a.sock" });
});

test.each([
	"unix:///var/run/docker.sock",
	"tcp://engine:2375",
	"ssh://me@host:2222/run/docker.sock",
	"ssh://host",
])("the name of %s is what it was read from", (text) => {
	expect(nameOf(parseDockerHost(text))).toBe(text);
});

test.each([
	"",
	"/var/run/docker.sock",
	"unix://docker.sock",
	"npipe:////./pipe/docker_engine",
	"https://host",
	"tcp://",
	"tcp://me@host",
	"tcp://host/path",
	"ssh://",
	"ssh://-oProxyCommand=reboot",
	"ssh://-lme@host",
	"ssh://host/run/$(reboot)",
	"ssh://host/run/a%20b",
	"ssh://host?a",
])("the Docker host %j is refused, with what is supported", (text) => {
	expect(() => parseDockerHost(text)).toThrow(
		`Expected the Docker host to be unix:///path, tcp://host:port or ssh://user@host, got "${text}"`,
	);
});

test.each(["ssh://me:secret@host", "ssh://:secret@host", "tcp://me:secret@host:2375"])(
	"of the Docker host %j, the password is not told",
	(text) => {
		expect(() => parseDockerHost(text)).toThrow(`got "${text.replace("secret", "…")}"`);
	},
);
