import * as v from "valibot";

/** 0 and nothing at all mean no limit; so does what is not as expected, which is no reason not to serve the container. */
const number = v.fallback(v.number(), 0);

/** What `HostConfig` has of them: `--cpus`, `--cpu-quota` with `--cpu-period` (microseconds), `--cpuset-cpus`. */
export const limits = {
	NanoCpus: number,
	CpuQuota: number,
	CpuPeriod: number,
	CpusetCpus: v.fallback(v.string(), ""),
};

/** Where only a quota is given (kernel, `Documentation/scheduler/sched-bwc.rst`), in microseconds. */
const usualPeriod = 100_000;

/** How many processors a container may use at most; undefined where it has no limit of its own. */
export function limitOf(limit: v.InferOutput<v.ObjectSchema<typeof limits, undefined>>): number | undefined {
	const { NanoCpus, CpuQuota, CpuPeriod, CpusetCpus } = limit;
	const quota = CpuQuota / (CpuPeriod > 0 ? CpuPeriod : usualPeriod);
	const own = [NanoCpus / 1e9, quota, countOf(CpusetCpus)].filter((processors) => processors > 0);
	return own.length === 0 ? undefined : Math.min(...own);
}

/** `0-2,4` are four (Linux, `cpuset(7)`, list format). */
function countOf(set: string): number {
	const ranges = set.split(",").map((part) => /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? []);
	return ranges.reduce((sum, [, from, to = from]) => sum + (Number(to) - Number(from) + 1 || 0), 0);
}
