import { byText } from "./order.ts";

type Labels = Readonly<Record<string, string>>;

/** What Ballast writes on the containers that it makes, by the keys without the prefix. Nobody writes them by hand. */
const marks = {
	/** The id of the original. */
	cloneOf: "scale.clone-of",
	/** A digest of what the clone is made of: a changed original is another generation. */
	generation: "scale.generation",
	/** From 1. */
	ordinal: "scale.ordinal",
	/** An id of the proxy that made it. */
	owner: "scale.owner",
} as const;

/** What is written on a clone. */
export type CloneMarks = {
	readonly cloneOf: string;
	readonly generation: string;
	readonly ordinal: number;
	readonly owner: string;
};

const markKeys: readonly string[] = Object.values(marks);

/** Whether a label's key, without the prefix, is one of those. */
export function isMark(key: string): boolean {
	return markKeys.includes(key);
}

export function marksOf({ cloneOf, generation, ordinal, owner }: CloneMarks, prefix: string): Labels {
	return {
		[prefix + marks.cloneOf]: cloneOf,
		[prefix + marks.generation]: generation,
		[prefix + marks.ordinal]: `${ordinal}`,
		[prefix + marks.owner]: owner,
	};
}

/** What all clones of an owner carry, as Docker's filters take it: `key=value`. */
export function ownerMark(prefix: string, owner: string): string {
	return `${prefix}${marks.owner}=${owner}`;
}

/**
 * Whether this proxy made the container, so that it may remove it. An image that was committed from a clone hands its
 * labels on, to containers that have other names.
 */
export function ownsClone(
	container: { readonly name: string; readonly labels: Labels },
	prefix: string,
	owner: string,
): boolean {
	return owner !== "" && readMarks(container, prefix)?.owner === owner;
}

/** Undefined for any container but a clone of Ballast's, whoever owns it. */
export function readMarks(
	{ name, labels }: { readonly name: string; readonly labels: Labels },
	prefix: string,
): CloneMarks | undefined {
	const read = (key: keyof typeof marks, shape: RegExp) => shape.exec(labels[prefix + marks[key]] ?? "")?.[0];
	const cloneOf = read("cloneOf", /^[0-9a-f]{64}$/);
	const generation = read("generation", /^[0-9a-f]{12}$/);
	const ordinal = read("ordinal", /^[1-9]\d{0,5}$/);
	const owner = read("owner", /^.+$/);
	if (cloneOf === undefined || generation === undefined || ordinal === undefined || owner === undefined)
		return undefined;
	if (!name.endsWith(nameEnd(Number(ordinal)))) return undefined;
	return { cloneOf, generation, ordinal: Number(ordinal), owner };
}

/** What the name of a clone ends with. */
export function nameEnd(ordinal: number): string {
	return `-scale-${ordinal}`;
}

const compose = "com.docker.compose.";

/** Labels that Compose gives to one container alone. */
const ofOne = ["container-number", "oneoff", "replace", "slug"].map((key) => compose + key);

/** So many replicas of its own may a service have, until a clone has the number of one of them. */
const mostReplicas = 1_000;

/** Those of an original that its clones have too, in order: what Compose knows its containers by only if they `join` it. */
export function inheritedLabels(labels: Labels, prefix: string, membership: "join" | "detach"): Labels {
	const isOwn = (label: string) => label.startsWith(prefix) && isMark(label.slice(prefix.length));
	const isLeft = (label: string) =>
		membership === "detach" ? label.startsWith(compose) : ofOne.includes(label);
	const kept = Object.entries(labels).filter(([label]) => !isOwn(label) && !isLeft(label));
	return Object.fromEntries(kept.sort(([a], [b]) => byText(a, b)));
}

/**
 * Compose sees a container of any number. Where it has too many of a service, it removes those of the highest numbers
 * first (compose `pkg/compose/convergence.go`), and originals are to stay.
 */
export function composeMarks(inherited: Labels, ordinal: number): Labels {
	if (!Object.hasOwn(inherited, `${compose}project`)) return {};
	return {
		[`${compose}container-number`]: `${mostReplicas + ordinal}`,
		[`${compose}oneoff`]: "False",
	};
}

/** The service that a container is of, as `project-service`; undefined where that is no name, as labels can be anybody's. */
export function composeServiceOf(labels: Labels): string | undefined {
	const service = `${labels[`${compose}project`] ?? ""}-${labels[`${compose}service`] ?? ""}`;
	return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*-[a-zA-Z0-9_.-]+$/.test(service) ? service : undefined;
}
