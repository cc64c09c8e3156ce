import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { build } from "../model/build.ts";
import { hostPort } from "../model/endpoint.ts";
import { membersOf } from "../model/fleet.ts";
import { container, idOf, proxy, surroundings } from "../testing/containers.ts";
import { webJoined } from "../testing/status-builder.ts";
import { type WhySources, whyAnswer } from "./explain.ts";

const { signal } = new AbortController();
const web = container("web");
const sick = container("sick", { health: "unhealthy" });
const stranger = { ...container("stranger"), labels: {} };
const ended = container("ended", { state: "exited" });

/** A controller that has judged `web` and `sick`, on an engine that holds some more. */
function sources(over: Partial<WhySources> = {}): WhySources {
	const draft = build(surroundings({ containers: [web, sick] }));
	const { fleet, problems } = draft;
	return {
		outcome: () => ({ fleet, generation: "abc", draft, steps: [], changes: [], problems, again: 0 }),
		going: () => new Map(),
		problems: () => problems,
		servers: async () => [],
		latest: async () => [],
		inspect: async (asked) =>
			[web, sick, stranger, ended, proxy].find(({ id, name }) => name === asked || id.startsWith(asked)),
		...over,
	};
}

async function why(asked: string, over: Partial<WhySources> = {}) {
	const answer = await whyAnswer(sources(over), asked, signal);
	return answer.known ? answer.explanation : answer;
}

test.each([
	["its name", "web"],
	["its name with Docker's slash", "/web"],
	["its id", idOf("web")],
	["the beginning of its id", idOf("web").slice(0, 12)],
	["its server's name", `web-${idOf("web").slice(0, 8)}`],
])("a container is found by %s", async (_, asked) => {
	expect(await why(asked)).toMatchObject({ state: "served", container: { id: idOf("web"), name: "web" } });
});

test("what was judged is told without asking Docker, which may be away", async () => {
	const inspect = async () => Promise.reject(new AppError("docker-unreachable", "no engine"));

	expect(await why("sick", { inspect })).toMatchObject({
		state: "absent",
		problems: [{ code: "unhealthy" }],
	});
	await expect(why("stranger", { inspect })).rejects.toMatchObject({ code: "docker-unreachable" });
});

test.each([
	["without the join label", "stranger", "not-ours", "does not carry the label role=backend"],
	["that ended before the controller knew it", "ended", "absent", "died, exit code 0"],
	["that is the proxy itself", "proxy", "not-ours", "is the proxy itself"],
])("a container %s is looked at when it is asked for", async (_, asked, state, verdict) => {
	expect(await why(asked)).toMatchObject({ state, verdict: expect.stringContaining(verdict) });
});

test("one that there is not is answered with names that may have been meant", async () => {
	expect(await why("wbe")).toEqual({ known: false, near: ["web"] });
	expect(await why("nothing-like-it")).toEqual({ known: false, near: [] });
	expect(await why("../stranger")).toEqual({ known: false, near: [] });
});

test("since when, and what HAProxy makes of it, is told where it is known", async () => {
	const [member] = membersOf(build(surroundings({ containers: [web] })).fleet);
	const [pool, server, address] = [
		"nodes",
		member?.server.name ?? "",
		hostPort(member?.server ?? { address: "", port: 0 }),
	];
	const joined = { ...webJoined, id: web.id, address };
	const latest = async () => [
		{ ...joined, time: "2026-01-01T00:00:01Z" },
		{ ...joined, time: "2026-01-01T00:00:02Z" },
		{ ...joined, time: "2026-01-01T00:00:03Z", event: "leave" },
		{ ...joined, time: "2026-01-01T00:00:04Z", address: "10.9.9.9:1" },
	];
	const row = {
		pool,
		server,
		address,
		container: "web",
		id: web.id,
		status: "UP 1/3",
		held: null,
		weight: 1,
		current: 0,
		total: 0,
	};

	expect(await why("web", { latest, servers: async () => [row] })).toMatchObject({
		verdict: expect.stringMatching(/ since 2026-01-01T00:00:02Z, .* HAProxy calls it UP 1\/3\.$/),
	});
	expect(await why("web", { latest: () => Promise.reject(new Error("EIO")) })).toMatchObject({
		verdict: expect.stringMatching(/:3000, because it is listening\. HAProxy tells nothing of it\.$/),
	});
});

test("before the engine was read once, there is nothing to tell", async () => {
	await expect(why("web", { outcome: () => undefined })).rejects.toMatchObject({
		code: "docker-not-read",
		hint: expect.stringContaining("ballast status"),
	});
});
