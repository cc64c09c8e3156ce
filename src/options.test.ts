import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { optionsFor, refuseLowPorts, refusePorts } from "./options.ts";
import { readSettings } from "./settings.ts";

const machine = { threads: 2, openFiles: 5_000, ipv6: false, firstPort: 0 };
const optionsWith = (maxconn: string, openFiles = machine.openFiles) =>
	optionsFor(readSettings({ flags: { maxconn }, env: {} }), "a-key-of-cookies", { ...machine, openFiles });

test.each([
	["auto", 5_000, 1_625],
	["auto", 1_000_000, 20_000],
	["1625", 5_000, 1_625],
	["400000", 1_000_000, 400_000],
])("connections %s with %d open files come to %d", (setting, openFiles, connections) => {
	expect(optionsWith(setting, openFiles).maxconn).toBe(connections);
});

test("more connections than the limit of open files affords are refused, since HAProxy would not start", () => {
	expect(() => optionsWith("1626")).toThrow(
		expect.objectContaining({
			code: "bad-setting",
			message: "BALLAST_MAXCONN is 1626, expected 1625 at most: no more than 5000 files may be open",
			hint: expect.stringContaining("--ulimit nofile=5003"),
		}),
	);
});

test("each server's check takes a descriptor, too: there is room for thousands, within the limit of open files", () => {
	const roomFor = (openFiles: number) => {
		const { maxconn, fdHardLimit } = optionsWith("auto", openFiles);
		return fdHardLimit - 2 * maxconn;
	};

	expect(roomFor(1_000_000)).toBe(10_500);
	expect(roomFor(20_000)).toBe(5_500);
	expect(optionsWith("auto", 20_000).fdHardLimit).toBe(20_000);
});

test("a port below the kernel's threshold is refused, naming the sysctl and the ways out", () => {
	const settings = readSettings({ flags: { httpPort: "80" }, env: {} });

	expect(() => refuseLowPorts(settings, { ...machine, firstPort: 1_024 })).toThrow(
		expect.objectContaining({
			code: "bad-setting",
			message:
				"BALLAST_HTTP_PORT is 80, expected 1024 or more: HAProxy runs without privileges, and net.ipv4.ip_unprivileged_port_start is 1024 here",
			hint: expect.stringContaining("sysctl net.ipv4.ip_unprivileged_port_start=80"),
		}),
	);
	expect(() => refuseLowPorts(settings, { ...machine, firstPort: 80 })).not.toThrow();
});

test("a port that somebody listens at is refused before a start, and not while we do ourselves", async () => {
	await using taken = await listening();
	const settings = readSettings({ flags: { httpPort: "65000", statsPort: `${taken.port}` }, env: {} });

	await expect(refusePorts(settings, true)).rejects.toMatchObject({
		code: "bad-setting",
		message: `BALLAST_STATS_PORT is ${taken.port}, and another process here listens at that port`,
		hint: expect.stringContaining(`ss -ltnp 'sport = :${taken.port}'`),
	});
	await expect(refusePorts(settings, false)).resolves.toBeUndefined();
});

async function listening() {
	const server = createServer().listen(0);
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("expected a port");
	return {
		port: address.port,
		[Symbol.asyncDispose]: async () => {
			await once(server.close(), "close");
		},
	};
}
