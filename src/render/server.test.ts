import { expect, test } from "vitest";
import type { Server } from "../model/fleet.ts";
import { serverLine, serverOptions } from "./server.ts";

const server: Server = {
	name: "shop-web-1-3f2a9c7d",
	container: { id: "3f2a9c7d", name: "shop-web-1" },
	address: "192.168.42.2",
	port: 3000,
	weight: 50,
};

const nodes = { name: "nodes" };

test("a server's options begin with where it is and how much it takes", () => {
	expect(serverOptions(server, nodes)).toMatch(/^192\.168\.42\.2:3000 weight 50 check /);
});

test("an IPv6 address stands in brackets, apart from the port", () => {
	expect(serverOptions({ ...server, address: "fd00::2" }, nodes)).toMatch(/^\[fd00::2\]:3000 /);
});

test("a server with a limit gets no more requests at a time", () => {
	expect(serverOptions({ ...server, maxconn: 20 }, nodes)).toContain(" weight 50 maxconn 20 ");
});

test("where clients are bound by their address, a server's place among the hashes is its own address", () => {
	expect(serverOptions(server, { ...nodes, sticky: "source" })).toContain(" hash-key addr-port ");
	expect(serverOptions(server, { ...nodes, sticky: "cookie" })).not.toContain("hash-key");
});

test("a line takes a server out that a person has put into maintenance; `add server` takes no such word", () => {
	const out = { ...server, state: "maint" } as const;

	expect(serverLine(out, nodes)).toBe(`${serverOptions(server, nodes)} disabled`);
	expect(serverOptions(out, nodes)).toBe(serverOptions(server, nodes));
	expect(serverLine(server, nodes)).toBe(serverOptions(server, nodes));
});

test("they are one line of less than 64 words, as a command of the Runtime API must be", () => {
	const all = serverOptions({ ...server, maxconn: 20 }, { ...nodes, sticky: "source", check: "/healthz" });

	expect(all).not.toContain("\n");
	expect(all.split(" ").length).toBeLessThan(60);
});
