import { describe, expect, test } from "vitest";
import {
	attachment,
	type Circumstances,
	container,
	idOf,
	proxy,
	surroundings,
	told,
} from "../testing/containers.ts";
import { build, type Draft, fleetOf } from "./build.ts";
import type { Container, Ending } from "./container.ts";
import { emptyFleet, membersOf } from "./fleet.ts";
import { balancerJoin, membershipChanges } from "./membership.ts";

function draftOf(containers: readonly Container[], circumstances: Circumstances = {}): Draft {
	return build(surroundings({ containers, ...circumstances }));
}

/** `<event> <name>: <why>` for each change from one draft to the next. */
function changes(before: Draft, after: Draft, inForce = after.fleet): readonly string[] {
	return membershipChanges(before.fleet, inForce, after.standings).map(
		({ event, name, why }) => `${event} ${name}: ${why}`,
	);
}

const web = container("web");
const served = draftOf([web]);
const nobody = draftOf([]);

test("one who comes is a join, with all that a person would ask for", () => {
	expect(membershipChanges(emptyFleet, served.fleet, served.standings)).toEqual([
		{
			event: "join",
			role: "backend",
			name: "web",
			id: idOf("web"),
			address: `${web.networks[0]?.ipv4}:3000`,
			pool: "nodes",
			why: "listening",
		},
	]);
});

test("who stays is no news, though the weight changes", () => {
	const heavier = draftOf([container("web", { labels: { "ballast.weight": "5" } })]);

	expect(changes(served, heavier)).toEqual([]);
});

describe("one who goes leaves, or has failed, and the log says why", () => {
	const gone: Readonly<Record<string, readonly [Draft, string]>> = {
		stopped: [draftOf([web], { leaving: [told(web)] }), "leave web: told to stop (SIGTERM)"],
		killed: [draftOf([web], { leaving: [told(web, "SIGKILL")] }), "failed web: told to stop (SIGKILL)"],
		"stopped, its death seen in the same pass": [
			draftOf([container("web", { state: "exited", exitCode: 143 })], { leaving: [told(web)] }),
			"leave web: told to stop (SIGTERM)",
		],
		"killed, its death seen in the same pass": [
			draftOf([container("web", { state: "exited", exitCode: 137 })], { leaving: [told(web, "SIGKILL")] }),
			"failed web: told to stop (SIGKILL)",
		],
		died: [draftOf([container("web", { state: "exited", exitCode: 3 })]), "failed web: died, exit code 3"],
		"became unhealthy": [draftOf([container("web", { health: "unhealthy" })]), "failed web: unhealthy"],
		paused: [draftOf([container("web", { state: "paused" })]), "leave web: paused"],
		"lost its network": [draftOf([container("web", { networks: [] })]), "leave web: it can't be reached"],
		"was removed, and is not known any more": [nobody, "leave web: removed"],
	};

	test.each(Object.entries(gone))("%s", (_, [after, line]) => {
		expect(changes(served, after)).toEqual([line]);
	});
});

describe("one that is found in its next start has left as its start before ended", () => {
	const endings: Readonly<Record<string, readonly [Ending, string]>> = {
		died: [{ exitCode: 4, outOfMemory: false }, "failed web: died, exit code 4"],
		"out of memory": [
			{ exitCode: 137, outOfMemory: true },
			"failed web: died, out of memory (oom, exit code 137)",
		],
		"docker restart": [{ exitCode: 0, signal: "SIGTERM" }, "leave web: told to stop (SIGTERM)"],
		killed: [{ exitCode: 137, signal: "SIGKILL" }, "failed web: told to stop (SIGKILL)"],
		"not heard of": [{}, "leave web: it ended, and was started again"],
	};

	test.each(Object.entries(endings))("%s", (_, [ending, left]) => {
		const restarted = [[web.id, ending]] as const;
		const waits = draftOf([web], { restarted, answer: "not-yet" });

		expect(changes(served, waits)).toEqual([left]);
		expect(changes(served, draftOf([web], { restarted }))).toEqual([left, "join web: listening"]);
		expect(changes(waits, draftOf([web], { restarted }))).toEqual(["join web: listening"]);
	});
});

test("one with another address, port or pool has left and joined", () => {
	const moved = draftOf([container("web", { networks: [attachment("front", "elsewhere")] })]);

	expect(changes(served, moved)).toEqual([
		"leave web: it moved to another address or pool",
		"join web: listening",
	]);
});

test("one that is recreated under the same name has left, another has joined", () => {
	const again = draftOf([container("web", { id: idOf("the next web") })]);

	expect(changes(served, again)).toEqual(["leave web: removed", "join web: listening"]);
});

test("one that HAProxy refuses has left for that reason", () => {
	expect(changes(served, served, emptyFleet)).toEqual([
		"leave web: quarantined: HAProxy refuses its configuration",
	]);
});

test("leaves come before joins", () => {
	expect(changes(served, draftOf([container("a")]))).toEqual(["leave web: removed", "join a: listening"]);
});

test("an address of IPv6 stands in brackets", () => {
	const six = draftOf([
		container("web", { networks: [attachment("front", "web", { ipv4: "", ipv6: "fd00::2" })] }),
	]);

	expect(membershipChanges(emptyFleet, six.fleet, six.standings)).toMatchObject([
		{ address: "[fd00::2]:3000" },
	]);
});

test("a server that no standing explains was found running", () => {
	const fleet = fleetOf(membersOf(served.fleet));

	expect(membershipChanges(emptyFleet, fleet, [])).toMatchObject([{ event: "join", why: "found running" }]);
});

test("the proxy's own start is a join of the balancer, with its address", () => {
	expect(balancerJoin({ container: proxy })).toEqual({
		event: "join",
		role: "balancer",
		name: "proxy",
		id: proxy.id,
		address: proxy.networks[0]?.ipv4,
		pool: "",
		why: "started",
	});
	const six = { ...proxy, networks: [attachment("front", "proxy", { ipv4: "", ipv6: "fd00::1" })] };
	expect(balancerJoin({ container: six }).address).toBe("fd00::1");
	expect(balancerJoin({ container: undefined })).toMatchObject({ name: "ballast", id: "", address: "" });
});
