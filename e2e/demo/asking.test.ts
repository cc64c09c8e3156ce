import { expect, test } from "vitest";
import { lostAmong } from "./asking.ts";

const served = { at: 1, ip: "10.0.0.2" };
const noServer = { at: 2, otherwise: "status 503" };
const reset = { at: 3, otherwise: "TypeError: fetch failed" };

test("a 503 of a pool that never had a server is no loss, a broken connection always is", () => {
	expect(lostAmong([noServer, noServer, reset], true)).toEqual([reset]);
});

test("a 503 is a loss once the pool has had a server", () => {
	expect(lostAmong([noServer, served, noServer, served], true)).toEqual([noServer]);
	expect(lostAmong([noServer, served], false)).toEqual([noServer]);
});
