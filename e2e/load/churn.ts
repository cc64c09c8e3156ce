import { randomInt } from "node:crypto";
import { remove } from "../harness/servers.ts";
import type { Manner } from "./apps.ts";
import type { Stage } from "./stage.ts";

export type Churn = {
	readonly ms: number;
	/** Between how many servers, those that stay not counted. */
	readonly between: readonly [number, number];
	/** One of these for each that joins. */
	readonly manners: readonly Manner[];
	readonly leave: (container: string, manner: Manner) => Promise<void>;
	/** Hears of every change. */
	readonly tell?: (what: string) => void;
};

/** Somebody joins or leaves, at random, one after the other; at half-time the structure changes. Gives how many changes there were. */
export async function churn(stage: Stage, { ms, between, manners, leave, tell }: Churn): Promise<number> {
	const [least, most] = between;
	const members: { readonly container: string; readonly manner: Manner }[] = [];
	const began = Date.now();
	let restructured: Promise<void> | undefined;
	let changes = 0;
	for (; Date.now() < began + ms || members.length > least; changes += 1) {
		if (Date.now() > began + ms / 2 && restructured === undefined) {
			tell?.("the structure changes");
			restructured = stage.restructure();
		}
		if (Date.now() < began + ms && isToJoin(members.length, least, most)) {
			const manner = pick(manners);
			const container = await stage.join(manner);
			tell?.(`${container} has joined`);
			members.push({ container, manner });
			continue;
		}
		const [leaver] = members.splice(randomInt(members.length), 1);
		if (leaver === undefined) continue;
		tell?.(`${leaver.container} leaves`);
		await leave(leaver.container, leaver.manner);
		tell?.(`${leaver.container} has left`);
		await remove(leaver.container);
	}
	await restructured;
	return changes;
}

function isToJoin(size: number, least: number, most: number): boolean {
	return size <= least || (size < most && randomInt(2) === 0);
}

function pick<T>(items: readonly T[]): T {
	const item = items[randomInt(items.length)];
	if (item === undefined) throw new Error("expected something to pick from");
	return item;
}
