import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { savedInventory } from "./saved.ts";

const saved = (name: string) =>
	JSON.parse(readFileSync(join(import.meta.dirname, "testdata", `${name}.json`), "utf8"));
const [shop, batch] = [saved("healthy"), saved("paused-in-two-networks")];
const from = (json: unknown, proxy?: string) =>
	savedInventory({ text: JSON.stringify(json), source: "saved.json", proxy });

test("what docker inspect printed is an inventory, seen from outside of any container", () => {
	const inventory = from([shop, batch]);

	expect(inventory.containers.map(({ name }) => name)).toEqual(["shop", batch.Name.slice(1)]);
	expect(inventory.proxy).toEqual({ container: undefined });
	expect(inventory.leaving.size).toBe(0);
});

test.each([
	["its name", "shop"],
	["its full id", shop.Id],
	["the beginning of its id", shop.Id.slice(0, 12)],
])("the proxy is found by %s", (_, proxy) => {
	expect(from([batch, shop], proxy).proxy.container?.id).toBe(shop.Id);
});

test("a name comes before an id that begins alike", () => {
	const namesake = { ...batch, Name: `/${shop.Id.slice(0, 12)}` };

	expect(from([shop, namesake], shop.Id.slice(0, 12)).proxy.container?.id).toBe(batch.Id);
});

test.each(["web", ""])("a proxy %j that was not saved is refused, with the names there are", (proxy) => {
	expect(() => from([shop], proxy)).toThrow(
		expect.objectContaining({ code: "bad-input", message: expect.stringContaining("it has shop") }),
	);
});

test.each([
	["no JSON", "{", "saved.json is not JSON"],
	["nothing", "", "saved.json is not JSON"],
	[
		"one container without its array",
		JSON.stringify(shop),
		"saved.json: expected an array of containers, got object",
	],
	["another list", '["a"]', "saved.json: "],
	["a container that misses a field", JSON.stringify([{ ...shop, State: undefined }]), "saved.json: "],
])("%s is bad input, not the engine's fault", (_, text, message) => {
	expect(() => savedInventory({ text, source: "saved.json", proxy: undefined })).toThrow(
		expect.objectContaining({ code: "bad-input", message: expect.stringContaining(message) }),
	);
});
