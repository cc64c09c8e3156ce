import { expect, test } from "vitest";
import { sourceFor } from "../testing/scaled-members.ts";
import { uncloneable } from "./uncloneable.ts";

const source = sourceFor();
const hostConfig = {
	...source.template.hostConfig,
	AutoRemove: true,
	PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] },
};
const fixed = { ...source, template: { ...source.template, hostConfig } };
const single = {
	...fixed,
	asked: { ...source.asked, policy: { ...source.asked.policy, min: 1, max: 1 } },
};

test("what can't be cloned is told from the start, with every reason and what helps", () => {
	const { message, hint, ...problem } = uncloneable(fixed, undefined) ?? {};

	expect(problem).toEqual({ code: "not-cloned", severity: "problem", subject: "web" });
	expect(message).toMatch(
		/^there can be no clone of it: it publishes port 8080 of the host, .*; is removed as soon as it stops/,
	);
	expect(hint).toContain("ballast.scale.ports=drop");
});

test("a label that allows it ends that", () => {
	const { AutoRemove: _, ...kept } = hostConfig;
	const allowed = {
		...fixed,
		template: { ...source.template, hostConfig: { ...kept, AutoRemove: false } },
		order: { ...source.order, ports: "drop" },
	} as const;

	expect(uncloneable(allowed, undefined)).toBeUndefined();
});

test("where there is to be one at most it is not told, until a person wants more", () => {
	expect(uncloneable(single, undefined)).toBeUndefined();
	expect(uncloneable(single, "paused")).toBeUndefined();
	expect(uncloneable(single, 2)).toMatchObject({ code: "not-cloned" });
	expect(uncloneable(fixed, 1)).toBeUndefined();
});

test("nor of what can be cloned, nor where nobody asks for a size", () => {
	expect(uncloneable(source, undefined)).toBeUndefined();
	expect(uncloneable(undefined, undefined)).toBeUndefined();
});
