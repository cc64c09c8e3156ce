import * as v from "valibot";
import type { Container } from "../model/container.ts";
import { answerOf, fullId } from "./answer.ts";
import { attachmentsOf, networks } from "./inspect.ts";

/** An entry of the engine's list. */
export type Listed = {
	readonly id: string;
	/** Undefined where it shows too little to be compared with an inspect. */
	readonly shows: Shown | undefined;
};

/** What can change of a running container without a start of its own. */
type Shown = Pick<Container, "state" | "health" | "networks"> & {
	readonly names: readonly string[];
	/** Milliseconds that it has been up for at least, by the engine's own clock. */
	readonly upFor: number;
};

const listing = v.array(v.looseObject({ Id: fullId }));

const entry = v.object({
	Names: v.array(v.string()),
	State: v.literal("running"),
	Status: v.string(),
	NetworkSettings: v.object({ Networks: networks }),
});

/** Throws `AppError` `docker-nonsense` for what is no list. */
export function listedIn(answer: unknown): readonly Listed[] {
	return answerOf(listing, answer, "a list of containers").map((one) => ({
		id: one.Id,
		shows: shownBy(one),
	}));
}

/** Of a paused one no status tells the health: it has to be inspected. */
function shownBy(one: unknown): Shown | undefined {
	const { success, output } = v.safeParse(entry, one, { abortEarly: true });
	if (!success) return undefined;
	const status = statusIn(output.Status);
	if (status === undefined) return undefined;
	const attachments = attachmentsOf(output.NetworkSettings.Networks ?? {});
	const names = output.Names.map((name) => name.replace(/^\//, ""));
	return { ...status, state: output.State, names, networks: attachments };
}

/** Whether what it shows is what was known of the container before, whichever start that was of. */
export function agrees({ names, state, health, networks: places }: Shown, known: Container): boolean {
	return (
		names.includes(known.name) &&
		state === known.state &&
		health === known.health &&
		JSON.stringify(places) === JSON.stringify(known.networks)
	);
}

const healths = { healthy: "healthy", unhealthy: "unhealthy", "health: starting": "starting" } as const;

/** `Up 5 minutes (healthy)`: moby `container/state.go`, String. */
function statusIn(text: string): Pick<Shown, "upFor" | "health"> | undefined {
	const [, age = "", , note] = /^Up (.+?)( \((.+)\))?$/.exec(text) ?? [];
	const upFor = atLeast(age);
	if (upFor === undefined) return undefined;
	if (note === undefined) return { upFor, health: "none" };
	const health = Object.entries(healths).find(([word]) => word === note)?.[1];
	return health === undefined ? undefined : { upFor, health };
}

const hour = 3_600_000;
const units: Readonly<Record<string, number>> = {
	second: 1_000,
	minute: 60_000,
	hour,
	day: 24 * hour,
	week: 7 * 24 * hour,
	month: 30 * 24 * hour,
	year: 365 * 24 * hour,
};

/** docker/go-units `duration.go`, HumanDuration: cut down to whole units, but that hours are rounded to the nearest. */
function atLeast(age: string): number | undefined {
	if (age === "Less than a second") return 0;
	const [, count = "", unit = ""] = /^(\d+|About an?) ([a-z]+?)s?$/.exec(age) ?? [];
	const length = units[unit];
	if (length === undefined) return undefined;
	if (count.startsWith("About")) return length;
	return Number(count) * length - (length >= hour ? hour / 2 : 0);
}
