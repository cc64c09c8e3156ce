import { expect } from "vitest";
import { eventually } from "../harness/eventually.ts";
import type { Stage } from "../load/stage.ts";
import type { Verdict } from "../load/verdict.ts";
import { decides, runningIn } from "./pool.ts";

const labels = [
	"scale=1-6",
	"scale.target=20",
	"scale.ready=5s",
	"scale.down-after=10s",
	"scale.volumes=share",
];

/** Starts an app that may be six, has an anonymous volume of its own, and takes with it what is in flight when it goes. */
export async function joinScaled(stage: Stage): Promise<string> {
	const options = labels.flatMap((label) => ["--label", `ballast.${label}`]);
	return await stage.join("exits at once", ...options, "-v", "/scratch");
}

/** A load of five and more: slow answers, so that many are in flight and cost the machine little. `act` once they are there. */
export async function rise(stage: Stage, act: () => Promise<void> = async () => undefined): Promise<Verdict> {
	const load = { kept: 8, thinkMs: 100, fresh: 1, slow: 100, slowMs: 1_000, methods: "all" } as const;
	const many = async () => expect((await runningIn(stage.sandbox)).length).toBeGreaterThanOrEqual(5);
	return await stage.load(
		"from one container to five and more",
		async () => {
			await eventually(many, 90_000);
			await decides(stage.proxy, ({ kind, observed }) => kind === "hold" && observed.ready >= 5);
			await act();
		},
		load,
	);
}

/** A load of one, until no other is there. */
export async function fall(stage: Stage, original: string): Promise<Verdict> {
	const load = { kept: 4, thinkMs: 200, fresh: 1, slow: 2, slowMs: 500, methods: "all" } as const;
	const one = async () => expect(await runningIn(stage.sandbox)).toEqual([original]);
	return await stage.load("and back to one", async () => eventually(one, 180_000), load);
}
