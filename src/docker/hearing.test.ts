import { expect, test } from "vitest";
import { container } from "../testing/containers.ts";
import { createHearing } from "./hearing.ts";

const before = container("a");
const after = { ...before, state: "exited" as const };
const known = new Map([[before.id, before]]);
const change = [{ id: before.id, container: after }];
const none = [{ id: before.id, container: before }];

function hearing() {
	const told: boolean[] = [];
	return { told, ...createHearing((isSilent) => told.push(isSilent)) };
}

test("two full lists that find changes, and no event between them: the stream is silent, until it is heard", () => {
	const { told, listed, heard } = hearing();
	for (const found of [change, none, change]) listed(found, known);
	expect(told).toEqual([true]);
	listed(change, known);
	heard();
	heard();

	expect(told).toEqual([true, false]);
});

test("an event between them, of whatever container, tells that the stream is heard", () => {
	const { told, listed, heard } = hearing();
	listed(change, known);
	heard();
	listed(change, known);
	listed(change, known);

	expect(told).toEqual([]);
});

test("what the first list finds is no surprise", () => {
	const { told, listed } = hearing();
	for (const _ of [1, 2, 3]) listed(change, new Map());

	expect(told).toEqual([]);
});
