import type { CloneBody } from "./clone.ts";
import { digestOf } from "./digest.ts";
import { byText } from "./order.ts";

/**
 * A digest of what clones of a generation have alike. An engine says null, an empty list or nothing, and each version as
 * it likes; Compose lists mounts, variables and limits in another order each time. None of it makes another generation.
 */
export function generationOf({ Env, HostConfig, NetworkingConfig, ...config }: CloneBody): string {
	const { Dns, DnsSearch, ...hostConfig } = HostConfig;
	return digestOf({
		inOrder: [said(config), said({ Dns, DnsSearch })],
		inAnyOrder: unordered({ Env, NetworkingConfig, hostConfig: said(hostConfig) }),
	});
}

function said(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
	if (value === null || value === undefined || value === "") return true;
	return typeof value === "object" && Object.keys(value).length === 0;
}

/** Each list in an order that depends on what it holds alone. */
function unordered(value: unknown): unknown {
	if (Array.isArray(value)) {
		const sorted = value.map((one) => ({ one: unordered(one), key: digestOf(unordered(one)) }));
		return sorted.sort((a, b) => byText(a.key, b.key)).map(({ one }) => one);
	}
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, unordered(field)]));
}
