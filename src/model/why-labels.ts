import { distance } from "fastest-levenshtein";
import type { Evidence } from "./evidence.ts";
import { defaultPool } from "./fleet.ts";
import { type FoundLabel, printable, vocabulary, type Wishes, wantsToJoin } from "./labels.ts";
import { byText } from "./order.ts";

/** A label of the container's, and what was made of it. */
export type LabelFact = {
	readonly label: string;
	readonly text: string;
	/** `overruled`: it was understood, and another container decides. */
	readonly effect: "counts" | "overruled" | "ignored" | "not-understood";
	readonly meaning: string;
};

export type Fact = { readonly what: string; readonly value: string; readonly why: string };

type Meanings = { readonly [Key in keyof Wishes]-?: (value: NonNullable<Wishes[Key]>) => string };

/** What each label asks for, in words. */
const meanings: Meanings = {
	check: (path) => `HAProxy asks the app for ${path}`,
	drain: (seconds) => `told to stop, it may finish what is in flight for ${seconds} s`,
	enable: (may) => (may ? "it may join" : "it is kept out"),
	maxconn: (most) => `${most} requests at a time, the others wait`,
	network: (network) => `it is reached by the network ${network}`,
	pool: (pool) => `it belongs to the pool ${pool}`,
	port: (port) => `it is reached at the port ${port}`,
	scale: ({ min, max }) =>
		min === max ? `${min} of it shall be alive` : `between ${min} and ${max} of it, as the load asks for`,
	"scale.compose": (way) =>
		way === "join" ? "Compose sees its clones as its own" : "Compose does not see its clones",
	"scale.cpu": (share) =>
		share === "off"
			? "what it uses of the processors is not looked at"
			: `one more for each ${Math.round(share * 100)} % of what one may use of the processors`,
	"scale.down-after": (seconds) => `fewer only after ${seconds} s of less load`,
	"scale.hold": (seconds) => `while there is none of it, a request waits for ${seconds} s`,
	"scale.hold-max": (most) => `while there is none of it, ${most} requests wait`,
	"scale.idle": (seconds) => `the last one stops after ${seconds} s without a request`,
	"scale.mode": (mode) => scaleModes[mode],
	"scale.ports": (way) =>
		way === "drop"
			? "clones publish no fixed port of the host"
			: "with a fixed port of the host there is no clone",
	"scale.queue": (ms) => `none is taken away while requests wait for more than ${ms} ms`,
	"scale.ready": (seconds) => `a clone is to be ready within ${seconds} s`,
	"scale.rps": (rate) => `one more for each ${rate} requests per second`,
	"scale.target": (most) => `one more for each ${most} requests in flight`,
	"scale.volumes": (way) =>
		way === "share" ? "clones share its volumes" : "with a volume that it writes to there is no clone",
	sticky: (by) =>
		by === "off" ? "nothing binds a client to a server" : `clients stay with a server, by ${by}`,
	weight: (weight) => (weight === 0 ? "weight 0: it takes no new clients" : `weight ${weight} of 256`),
};

const scaleModes = {
	auto: "more and fewer by themselves",
	advise: "it is told what would be done, and nothing is",
	"up-only": "more by themselves, never fewer",
	paused: "as many as there are",
} as const;

export function labelFacts(evidence: Evidence): readonly LabelFact[] {
	const { standing, policy } = evidence;
	const { labels } = standing.container;
	return [
		...joinFacts(labels, policy.labels.join),
		...standing.reading.found.map((found) => labelFact(found, evidence)),
	];
}

function joinFacts(labels: Labels, join: string): readonly LabelFact[] {
	const joins = wantsToJoin(labels, join);
	const [key = ""] = join.split("=", 1);
	if (joins) return [{ label: key, text: labels[key] ?? "", effect: "counts", meaning: "it wants to join" }];
	return nearMisses(labels, join).map((written) => {
		const at = written.indexOf("=");
		const [label, text] = at < 0 ? [written, ""] : [written.slice(0, at), written.slice(at + 1)];
		return { label, text, effect: "ignored", meaning: `expected ${join}` };
	});
}

type Labels = Readonly<Record<string, string>>;

/** Labels that somebody may have meant as the join label, as `key=value`, the likeliest first. */
export function nearMisses(labels: Labels, join: string): readonly string[] {
	const farness = (label: string, text: string): number => {
		const written = join.includes("=") ? `${label}=${text}` : label;
		return distance(written.toLowerCase(), join.toLowerCase());
	};
	const [key = ""] = join.split("=", 1);
	return Object.entries(labels)
		.map(([label, text]) => ({ label, text, far: farness(label, text) }))
		.filter(({ label, far }) => label === key || far <= 2)
		.sort((a, b) => a.far - b.far || byText(a.label, b.label))
		.map(({ label, text }) => `${label}=${printable(text).slice(1, -1)}`);
}

function labelFact(found: FoundLabel, { poolPolicy, standing }: Evidence): LabelFact {
	const { label, text } = found;
	if (found.kind === "unknown") {
		const meaning = `ignored: not one of Ballast's; did you mean ${found.nearest}?`;
		return { label, text, effect: "ignored", meaning };
	}
	if (found.kind === "unreadable") {
		const meaning = `not understood: expected ${vocabulary[found.key].expected}`;
		return { label, text, effect: "not-understood", meaning };
	}
	const holds = standing.member === undefined ? undefined : poolsOwn(found.key, poolPolicy);
	if (holds !== undefined && holds !== found.value)
		return { label, text, effect: "overruled", meaning: `overruled by the oldest of the pool: ${holds}` };
	return { label, text, effect: "counts", meaning: meaningOf(found) };
}

function meaningOf({ key, value }: Extract<FoundLabel, { kind: "read" }>): string {
	// The value is what this key's own parser has made.
	const say = meanings[key] as (value: unknown) => string;
	return say(value);
}

/** What holds for the whole pool, of what its members may differ about; undefined for what is the server's own. */
function poolsOwn(key: keyof Wishes, { sticky, check }: Evidence["poolPolicy"]): string | undefined {
	if (key === "sticky") return sticky ?? "off";
	return key === "check" ? (check ?? "none") : undefined;
}

/** What holds where the container's labels say nothing, as far as it was found. */
export function assumptions({ standing, poolPolicy }: Evidence): readonly Fact[] {
	const { wishes } = standing.reading;
	const facts: Fact[] = [];
	if (wishes.pool === undefined)
		facts.push({ what: "pool", value: defaultPool, why: "the one that answers" });
	if (wishes.network === undefined) facts.push(...networkFact(standing));
	if (wishes.port === undefined) facts.push(...portFact(standing));
	if (wishes.weight === undefined) facts.push({ what: "weight", value: "100", why: "as any" });
	if (standing.member === undefined) return facts;
	const fromPool = (["sticky", "check"] as const).flatMap((what) => {
		const value = poolPolicy[what];
		const why = `the pool ${standing.member?.pool} has it`;
		return wishes[what] !== undefined || value === undefined ? [] : [{ what, value, why }];
	});
	return [...facts, ...fromPool];
}

function networkFact({ reach, container }: Evidence["standing"]): readonly Fact[] {
	if (reach === undefined) return [];
	const { network, shared, owner } = reach;
	const whose = owner === container.name ? "it shares" : `${owner}, whose network it uses, shares`;
	const why =
		shared.length === 1
			? `the only one that ${whose} with the proxy`
			: `the first by name of ${shared.length} that ${whose} with the proxy: ${shared.join(", ")}`;
	return [{ what: "network", value: network, why }];
}

function portFact({ port }: Evidence["standing"]): readonly Fact[] {
	if (port === undefined) return [];
	const why = port.from === "exposed" ? "the only TCP port that it exposes" : "the setting BALLAST_PORT";
	return [{ what: "port", value: `${port.port}`, why }];
}
