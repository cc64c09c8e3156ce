import { expect, test } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import type { Sandbox } from "../harness/sandbox.ts";
import { createStage, type Stage } from "../load/stage.ts";
import { nothingLost } from "../load/verdict.ts";
import { joinScaled } from "./following.ts";
import { allIn, anonymousVolumesOf, decides, deedsOf, runningIn, scaling } from "./pool.ts";

/** So many requests at any moment, which take their time and cost the machine little. */
function inFlight(slow: number) {
	return { kept: 0, thinkMs: 1, fresh: 0, slow, slowMs: 3_000, methods: "all" } as const;
}

const labels = ["scale=1-8", "scale.target=75", "scale.ready=5s", "scale.down-after=10s"];

/* Seen to fail where nobody waits for what is in flight (`retire` in src/autoscale/retire.ts): 14 POSTs of 1,040 requests. */
test("promise 9: containers follow the load from 20 in flight to 600 and back, no request is lost, and nothing is left behind", async () => {
	await using stage = await createStage("scale", scaling);
	const original = await joinScaled(stage, labels);
	const one = async () => expect(await runningIn(stage.sandbox)).toEqual([original]);
	const before = await belongingsOf(stage.sandbox);
	const volumes: string[] = [];

	const verdict = await stage.load(
		"20 in flight all the time",
		async () => {
			await decides(stage.proxy, ({ demand }) => (demand?.inFlight ?? 0) > 15);
			await one();
			volumes.push(...(await rising(stage)));
			await eventually(one, 240_000);
		},
		inFlight(20),
	);

	expect(verdict).toMatchObject(nothingLost);
	expect(volumes).toHaveLength(7);
	const left = await listed("volume", "ls", "--quiet");
	expect(volumes.filter((volume) => left.includes(volume))).toEqual([]);
	expect(await allIn(stage.sandbox)).toEqual([original]);
	expect(await belongingsOf(stage.sandbox)).toEqual(before);
	const deeds = (await deedsOf(stage.proxy)).map((deed) => deed.split(" ")[0]);
	expect(deeds.filter((deed) => deed === "scale-up")).toHaveLength(deeds.length / 2);
});

/** 580 more, until all eight are there and ready. Gives the anonymous volumes of the clones. */
async function rising({ load, proxy, sandbox }: Stage): Promise<readonly string[]> {
	const volumes: string[] = [];
	const verdict = await load(
		"580 more",
		async () => {
			await eventually(async () => expect(await runningIn(sandbox)).toHaveLength(8), 120_000);
			await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 8);
			const clones = (await runningIn(sandbox)).filter((name) => /-scale-\d+$/.test(name));
			volumes.push(...(await Promise.all(clones.map(anonymousVolumesOf))).flat());
		},
		inFlight(580),
	);
	expect(verdict).toMatchObject(nothingLost);
	return volumes;
}

/** All that is on the engine under the sandbox's names. */
async function belongingsOf(sandbox: Sandbox): Promise<readonly string[]> {
	const named = ["--filter", `name=${sandbox.nameOf("")}`, "--format"];
	const lists = await Promise.all([
		listed("ps", "--all", ...named, "{{.Names}}"),
		listed("volume", "ls", ...named, "{{.Name}}"),
		listed("network", "ls", ...named, "{{.Name}}"),
	]);
	return lists.flat().toSorted();
}

async function listed(...command: readonly string[]): Promise<readonly string[]> {
	return (await docker(...command)).split("\n").filter((line) => line !== "");
}
