import { expect } from "vitest";
import type { Traffic } from "../load/traffic.ts";

/** Ends the traffic, prints what came of it under that title, and insists that nobody was refused or lost. */
export async function isUnharmed(title: string, traffic: Traffic): Promise<void> {
	const { answered, unserved, lost } = await traffic.stop();
	const losses = [...unserved, ...lost];
	console.log(`${title}: ${answered} requests answered, ${losses.length} lost`);
	expect(losses).toEqual([]);
}
