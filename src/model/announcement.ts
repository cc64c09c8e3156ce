import type { ContainerRef } from "./fleet.ts";
import type { Happening } from "./happening.ts";
import type { ReloadReason } from "./step.ts";

/** A happening as it is told: people write scripts against this. */
export type Announcement = {
	/** Unique; the same for everyone who is told, however often. */
	readonly id: string;
	readonly event: string;
	/** One line of JSON. */
	readonly json: string;
	/** The essentials, as environment variables. */
	readonly essentials: Readonly<Record<string, string>>;
};

export type Telling = {
	readonly id: string;
	/** Milliseconds since 1970. */
	readonly time: number;
	/** The proxy's own container. */
	readonly proxy: ContainerRef;
};

/** The fields are named one by one: their order is part of the format. */
export function announcementOf(happening: Happening, { id, time: ms, proxy }: Telling): Announcement {
	const { event } = happening;
	const time = new Date(ms).toISOString();
	const { facts, essentials } = told(happening);
	const shared = { event, time, proxy: { name: proxy.name, id: proxy.id } };
	return {
		id,
		event,
		json: JSON.stringify({ ...shared, ...facts }),
		essentials: environment({ EVENT: event, TIME: time, PROXY: proxy.name, ...essentials }),
	};
}

type Told = {
	readonly facts: Readonly<Record<string, unknown>>;
	/** By the name that follows `BALLAST_`. */
	readonly essentials: Readonly<Record<string, string>>;
};

function told(happening: Happening): Told {
	switch (happening.kind) {
		case "member":
		case "scaling": {
			const { name, id, address, pool, role, why } = happening.member;
			return {
				facts: { member: { name, id, address, pool, role, why } },
				essentials: { NAME: name, ID: id, ADDRESS: address, POOL: pool, ROLE: role, WHY: why },
			};
		}
		case "pool": {
			const { pool, why } = happening;
			return { facts: { pool, why }, essentials: { POOL: pool, WHY: why } };
		}
		case "reload": {
			const { generation } = happening;
			const reasons = happening.reasons.map(({ kind, subject }) => ({ kind, subject }));
			return { facts: { generation, reasons }, essentials: { GENERATION: generation, WHY: textOf(reasons) } };
		}
		case "problem": {
			const { code, subject, message, hint } = happening.problem;
			return {
				facts: { problem: { code, subject, message, hint } },
				essentials: { CODE: code, SUBJECT: subject, WHY: message, HINT: hint },
			};
		}
		case "own": {
			const { payload } = happening;
			return { facts: { payload: meaningOf(payload) }, essentials: { PAYLOAD: payload ?? "" } };
		}
	}
}

function textOf(reasons: readonly ReloadReason[]): string {
	return reasons.map(({ kind, subject }) => `${kind.replaceAll("-", " ")} ${subject}`.trim()).join("; ");
}

/** JSON as what it means, any other text as it is. */
function meaningOf(payload: string | undefined): unknown {
	if (payload === undefined) return null;
	try {
		return JSON.parse(payload);
	} catch {
		return payload;
	}
}

/** Linux takes 128 KiB per variable, and no NUL in it. */
const longest = 64 * 1024;

function environment(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	return Object.fromEntries(
		Object.entries(values).map(([name, text]) => {
			return [`BALLAST_${name}`, text.replaceAll("\0", "").slice(0, longest)];
		}),
	);
}
