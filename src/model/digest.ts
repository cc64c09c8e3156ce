import { createHash } from "node:crypto";
import { byText } from "./order.ts";

/** 12 hexadecimal digits of a value of JSON, whatever the order of its fields. */
export function digestOf(value: unknown): string {
	const text = JSON.stringify(ordered(value)) ?? "";
	return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function ordered(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(ordered);
	if (typeof value !== "object" || value === null) return value;
	const fields = Object.entries(value).map(([name, field]) => [name, ordered(field)] as const);
	return Object.fromEntries(fields.sort(([a], [b]) => byText(a, b)));
}
