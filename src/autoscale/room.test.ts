import { expect, test } from "vitest";
import { roomIn, roomOnHost } from "./room.ts";

const mebibyte = 1024;
const memory = (total: number, available: number) =>
	`MemTotal:       ${total * mebibyte} kB\nMemFree:        9 kB\nMemAvailable:   ${available * mebibyte} kB\n`;
const pressure = (percent: string) =>
	`some avg10=${percent} avg60=50.00 avg300=50.00 total=1\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=1\n`;

test.each<[string, string, string, number]>([
	["there is enough", memory(8_000, 800), pressure("9.99"), 4],
	["less than a tenth is free", memory(8_000, 799), pressure("0.00"), 0],
	["less than 512 MiB are free", memory(2_000, 511), pressure("0.00"), 0],
	["memory is waited for", memory(8_000, 4_000), pressure("10.00"), 0],
	["the kernel does not tell of that", memory(8_000, 4_000), "", 4],
	["the kernel does not tell what is free", "MemTotal: 8000 kB\n", "", 0],
])("where %s", (_, meminfo, waiting, canStart) => {
	expect(roomIn(meminfo, waiting, 4).canStart).toBe(canStart);
});

test("why no more can start is told in figures", () => {
	expect(roomIn(memory(8_000, 700), "", 4).why).toBe("700 MiB of memory are free, and 800 are kept");
	expect(roomIn(memory(8_000, 4_000), pressure("12.50"), 4).why).toContain("12.5 % of the last 10 s");
});

test("this machine can be asked", async () => {
	expect((await roomOnHost()).canStart).toBeGreaterThanOrEqual(0);
});
