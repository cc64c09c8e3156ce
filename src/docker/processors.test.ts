import { expect, test } from "vitest";
import { inspectOf } from "../testing/fake-container.ts";
import { containerOf } from "./inspect.ts";

const limitWith = (limits: object) => {
	const inspected = inspectOf({ id: "f".repeat(64), name: "app" }) as { HostConfig: object };
	return containerOf({ ...inspected, HostConfig: { ...inspected.HostConfig, ...limits } }).processors;
};

test.each([
	["--cpus 0.25", { NanoCpus: 250_000_000 }, 0.25],
	["a quota and its period", { CpuQuota: 30_000, CpuPeriod: 20_000 }, 1.5],
	["a quota of the usual period", { CpuQuota: 50_000, CpuPeriod: 0 }, 0.5],
	["a set", { CpusetCpus: "0-2,4" }, 4],
	["a set and less", { CpusetCpus: "0-3", NanoCpus: 2_000_000_000 }, 2],
	["less in a set", { CpusetCpus: "1", NanoCpus: 2_000_000_000 }, 1],
	["shares alone, which are no limit", { CpuShares: 512 }, undefined],
	["a quota of -1, which is none", { CpuQuota: -1 }, undefined],
	["a period alone", { CpuPeriod: 100_000 }, undefined],
	["nothing at all", { NanoCpus: null, CpuQuota: undefined, CpusetCpus: null }, undefined],
	["what is none of Docker's", { NanoCpus: "many", CpuQuota: {}, CpusetCpus: "all" }, undefined],
])("with %s a container may use so many processors", (_, limits, processors) => {
	expect(limitWith(limits)).toBe(processors);
});
