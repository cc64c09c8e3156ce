import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { idle } from "./consumption.ts";
import type { Figure } from "./figures.ts";
import { joins } from "./joins.ts";
import { churning, leaves, stops } from "./losses.ts";
import { hurtEngines, killedProcesses } from "./recovery.ts";
import { createReport } from "./report.ts";
import { scale } from "./scale.ts";
import { scaling } from "./scaling.ts";
import { throughput } from "./throughput.ts";
import { waking } from "./waking.ts";

/* `make bench`: figures with their spread, beside a reference of the same run. Nothing here passes or fails. */

type Section = { readonly title: string; readonly measure: () => Promise<readonly Figure[]> };

const sections = {
	joins: { title: "a join, to the first answer", measure: joins },
	leaves: { title: "a leave, to the last request", measure: leaves },
	stops: { title: "requests failed per docker stop", measure: stops },
	churn: { title: "30 s of churn", measure: churning },
	throughput: { title: "throughput", measure: throughput },
	idle: { title: "idle", measure: idle },
	processes: { title: "after a process was killed", measure: killedProcesses },
	engines: { title: "after an engine was away", measure: hurtEngines },
	scale: { title: "by number of servers", measure: scale },
	scaling: { title: "after a step of the load", measure: scaling },
	waking: { title: "from zero", measure: waking },
} as const satisfies Record<string, Section>;

const only = process.env["ONLY"]?.split(",").filter((name) => name !== "");
const unknown = only?.filter((name) => !(name in sections)) ?? [];
if (unknown.length > 0) {
	console.error(`There is no ${unknown.join(", ")}. There are: ${Object.keys(sections).join(", ")}`);
	process.exit(2);
}

await buildLoadGenerator();
const report = createReport();
for (const [name, section] of Object.entries(sections)) if (only?.includes(name) ?? true) await tell(section);
await report.save();

/** One that fails takes no other along. */
async function tell({ title, measure }: Section): Promise<void> {
	try {
		report.tell(title, await measure());
	} catch (thrown) {
		console.error(`\n${title}:`, thrown);
		process.exitCode = 1;
	}
}

async function buildLoadGenerator(): Promise<void> {
	const options = ["--build-arg", `BASE=${images.base}`, "--tag", images.bench];
	await docker("build", "--quiet", ...options, "--file", "e2e/bench/Dockerfile", ".");
}
