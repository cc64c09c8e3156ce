import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { createStage, type Stage } from "../load/stage.ts";
import { nothingLost } from "../load/verdict.ts";
import { allIn, decides, deedsOf, runningIn, scaling } from "./pool.ts";

let stage: Stage;

beforeAll(async () => {
	stage = await createStage("scale", scaling);
});
afterAll(async () => stage[Symbol.asyncDispose]());

const labels = [
	"scale=1-6",
	"scale.target=20",
	"scale.ready=5s",
	"scale.down-after=10s",
	"scale.volumes=share",
];

/** Slow answers: many are in flight, and cost the machine little. */
const load = { kept: 8, thinkMs: 100, fresh: 1, slow: 100, slowMs: 1_000, methods: "all" } as const;

async function anonymousVolumesOf(container: string): Promise<readonly string[]> {
	const mounts = (await inspect(container, ".Mounts")) as readonly { readonly Name?: string }[];
	return mounts.flatMap(({ Name = "" }) => (/^[0-9a-f]{64}$/.test(Name) ? [Name] : []));
}

test("promise 9: containers follow the load up and down, no request is lost, and nothing is left behind", async () => {
	const { sandbox, proxy } = stage;
	const options = labels.flatMap((label) => ["--label", `ballast.${label}`]);
	const original = await stage.join("graceful", ...options, "-v", "/scratch");
	const volumes: string[] = [];

	const verdict = await stage.load(
		"from one container to five and more",
		async () => {
			await eventually(
				async () => expect((await runningIn(sandbox)).length).toBeGreaterThanOrEqual(5),
				90_000,
			);
			for (const name of await runningIn(sandbox))
				if (name !== original) volumes.push(...(await anonymousVolumesOf(name)));
			await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready >= 5);
		},
		load,
	);
	const falling = await stage.load(
		"and back to one",
		async () => {
			await eventually(async () => expect(await runningIn(sandbox)).toEqual([original]), 180_000);
		},
		{ kept: 4, thinkMs: 200, fresh: 1, slow: 2, slowMs: 500, methods: "all" },
	);

	expect(verdict).toMatchObject(nothingLost);
	expect(falling).toMatchObject(nothingLost);
	expect(await allIn(sandbox)).toEqual([original]);
	expect(volumes.length).toBeGreaterThanOrEqual(4);
	const left = (await docker("volume", "ls", "--quiet")).split("\n");
	expect(volumes.filter((volume) => left.includes(volume))).toEqual([]);
	const deeds = await deedsOf(proxy);
	expect(deeds.filter((deed) => deed.startsWith("scale-up")).length).toBe(
		deeds.filter((deed) => deed.startsWith("scale-down")).length,
	);
});
