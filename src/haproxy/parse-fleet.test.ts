import { expect, test } from "vitest";
import type { Fleet } from "../model/fleet.ts";
import { fleetOfOne } from "../testing/generation-builder.ts";
import { parseRecord } from "./parse-fleet.ts";

test("a fleet that was written down before pools had a policy is read all the same", () => {
	const text = `{"pools":[{"name":"nodes","servers":[{"name":"web-1-0a1b2c3d","container":{"id":"${"0a1b2c3d".repeat(8)}",
		"name":"web-1"},"address":"192.168.42.3","port":3000,"weight":100}]}],"routes":[{"match":"*","pool":"nodes"}]}`;

	expect(parseRecord(text)).toStrictEqual({ structure: "", fleet: fleetOfOne });
});

test("all that a pool and its servers can have is read back as the same text, in which fleets are compared", () => {
	const policies = [{ sticky: "cookie" }, { sticky: "source", check: "/healthz" }, { check: "/" }] as const;
	const fleet: Fleet = {
		...fleetOfOne,
		pools: policies.flatMap((policy, index) =>
			fleetOfOne.pools.map(({ servers }) => ({
				name: `p${index}`,
				...policy,
				servers: servers.map((server) => ({ ...server, maxconn: 5 })),
			})),
		),
	};

	const text = JSON.stringify({ structure: "0a1b2c3d4e5f", ...fleet });

	expect(parseRecord(text)?.structure).toBe("0a1b2c3d4e5f");
	expect(JSON.stringify(parseRecord(text)?.fleet)).toBe(JSON.stringify(fleet));
});

test("a policy that nobody knows makes it no fleet", () => {
	expect(
		parseRecord(JSON.stringify(fleetOfOne).replace('"servers"', '"sticky":"glue","servers"')),
	).toBeUndefined();
});
