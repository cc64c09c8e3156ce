import { expect } from "vitest";
import { eventually } from "../harness/eventually.ts";
import type { Stage } from "../load/stage.ts";
import type { Verdict } from "../load/verdict.ts";
import { decides, runningIn } from "./pool.ts";

const six = ["scale=1-6", "scale.target=20", "scale.ready=5s", "scale.down-after=10s"];

/** Starts an app that may be six, has an anonymous volume of its own, and takes with it what is in flight when it goes. */
export async function joinScaled(stage: Stage, labels: readonly string[] = six): Promise<string> {
	const options = [...labels, "scale.volumes=share"].flatMap((label) => ["--label", `ballast.${label}`]);
	return await stage.join("exits at once", ...options, "-v", "/scratch");
}

/** A load of five and more: slow answers, so that many are in flight and cost the machine little. */
export async function rise(stage: Stage): Promise<Verdict> {
	const load = { kept: 8, thinkMs: 100, fresh: 1, slow: 100, slowMs: 1_000, methods: "all" } as const;
	const many = async () => expect((await runningIn(stage.sandbox)).length).toBeGreaterThanOrEqual(5);
	return await stage.load(
		"from one container to five and more",
		async () => {
			await eventually(many, 90_000);
			await decides(stage.proxy, ({ kind, observed }) => kind === "hold" && observed.ready >= 5);
		},
		load,
	);
}
