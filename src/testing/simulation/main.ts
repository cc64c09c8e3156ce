import { ours } from "./ours.ts";
import { cpuPoller, hpa, knative, raw } from "./rivals.ts";
import { scenarios } from "./scenarios.ts";
import { rawAt, type Total, totalOf, tournament } from "./tournament.ts";

/* `make simulate`: what each law makes of the same load. Nothing here passes or fails. */

const seed = Number(process.argv[2] ?? 1);
// Raw concurrency at lower targets: what it costs to be as rarely slow as others with it.
const laws = [ours, knative, hpa, cpuPoller, raw, ...[0.8, 0.7, 0.6].map(rawAt)] as const;

const rounds = tournament(laws, scenarios, seed);
for (const { scenario, played } of rounds) tell(scenario, played);
tell(
	"all of them",
	laws.map(({ name }) => totalOf(rounds, name)),
);

function tell(title: string, rows: readonly Total[]): void {
	const lines = rows.map(({ law, slowPercent, replicaSeconds, reversalsPerHour }) =>
		[
			`  ${law}`.padEnd(20),
			slowPercent.toFixed(2).padStart(8),
			replicaSeconds.toFixed(0).padStart(12),
			reversalsPerHour.toFixed(0).padStart(13),
		].join(""),
	);
	const header = `${title.padEnd(20)}  slow %   replica-s  reversals/h`;
	process.stdout.write(`${[header, ...lines].join("\n")}\n\n`);
}
