import { expect, test } from "vitest";
import type { Server } from "../model/fleet.ts";
import { serverOptions } from "./server.ts";

const server: Server = {
	name: "shop-web-1-3f2a9c7d",
	container: { id: "3f2a9c7d", name: "shop-web-1" },
	address: "192.168.42.2",
	port: 3000,
	weight: 50,
};

test("a server's options begin with where it is and how much it takes", () => {
	expect(serverOptions(server, {})).toMatch(/^192\.168\.42\.2:3000 weight 50 check /);
});

test("an IPv6 address stands in brackets, apart from the port", () => {
	expect(serverOptions({ ...server, address: "fd00::2" }, {})).toMatch(/^\[fd00::2\]:3000 /);
});

test("a server with a limit gets no more requests at a time", () => {
	expect(serverOptions({ ...server, maxconn: 20 }, {})).toContain(" weight 50 maxconn 20 ");
});

test("where clients are bound by their address, a server's place among the hashes is its own address", () => {
	expect(serverOptions(server, { sticky: "source" })).toContain(" hash-key addr-port ");
	expect(serverOptions(server, { sticky: "cookie" })).not.toContain("hash-key");
});

test("they are one line of less than 64 words, as a command of the Runtime API must be", () => {
	const all = serverOptions({ ...server, maxconn: 20 }, { sticky: "source", check: "/healthz" });

	expect(all).not.toContain("\n");
	expect(all.split(" ").length).toBeLessThan(60);
});
