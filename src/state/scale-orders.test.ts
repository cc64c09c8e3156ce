import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { openScaleOrders } from "./scale-orders.ts";

let directory: TemporaryDirectory;
let file: string;

beforeEach(async () => {
	directory = await temporaryDirectory();
	file = join(directory.path, "scale.json");
});
afterEach(async () => directory[Symbol.asyncDispose]());

const reopened = async () => Object.fromEntries((await openScaleOrders(directory.path)).all());

test("what was set is there after a restart, until it is taken back", async () => {
	const orders = await openScaleOrders(directory.path);
	expect(await orders.set("nodes", 3)).toEqual([]);
	expect(await orders.set("other", "paused")).toEqual([]);
	expect(await orders.set("nodes", 5)).toEqual([]);
	expect(await reopened()).toEqual({ nodes: 5, other: "paused" });

	await orders.set("nodes", undefined);
	expect(await reopened()).toEqual({ other: "paused" });
});

test("it counts at once, and the latest is what is kept, though some are set at the same time", async () => {
	const orders = await openScaleOrders(directory.path);
	const setting = [1, 2, 3, 4, 5, 6, 7, 8].map(async (size) => await orders.set("nodes", size));
	expect(orders.all().get("nodes")).toBe(8);
	expect((await Promise.all(setting)).flat()).toEqual([]);
	expect(await reopened()).toEqual({ nodes: 8 });
});

test.each([
	["is no JSON", "{"],
	["has a size that is none", '{"nodes":0}'],
	["has a word that is none", '{"nodes":"many"}'],
	["has a size that is too large", '{"nodes":1001}'],
	["is no object", "[]3"],
])("a file that %s is as good as none, and is written anew", async (_, text) => {
	await writeFile(file, text);
	const orders = await openScaleOrders(directory.path);
	expect(orders.all().size).toBe(0);
	expect(await orders.set("nodes", 2)).toEqual([]);
	expect(await reopened()).toEqual({ nodes: 2 });
});

test("what can't be written holds all the same, is a problem, and is kept once there is room, without being set again", async () => {
	const orders = await openScaleOrders(directory.path);
	// In the way of the file that is written first, as a full disk would be.
	await mkdir(`${file}.next`);
	expect(await orders.set("nodes", 2)).toMatchObject([
		{ code: "scale-not-kept", subject: file, message: expect.stringContaining("until the controller ends") },
	]);
	expect(orders.all().get("nodes")).toBe(2);
	await expect(readFile(file)).rejects.toThrow("ENOENT");

	expect(await orders.keep()).toHaveLength(1);
	await rm(`${file}.next`, { recursive: true });
	expect(await orders.keep()).toEqual([]);
	expect(await reopened()).toEqual({ nodes: 2 });
});
