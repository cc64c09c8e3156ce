import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { keptLines } from "../harness/membership.ts";
import { serversOf } from "../harness/proxy.ts";
import { createVisitor, type Visitor } from "../harness/visitor.ts";
import { createProject, type Project } from "./project.ts";

let project: Project;

beforeAll(async () => {
	project = await createProject({ COMPOSE_PROFILES: "sticky,shared" });
	await project.up("sticky-proxy", "sticky-webapp", "shared-proxy", "shared-webapp", "valkey");
});
afterAll(async () => project[Symbol.asyncDispose]());

test("with sticky sessions a visitor counts 1 to 20 on one server, through joins, reloads and a proxy's restart", async () => {
	const proxy = nameOf("sticky-proxy");
	await eventually(async () => expect(await upIn(proxy)).toBe(3));
	const visitor = createVisitor();
	const counts: number[] = [];
	const hosts = new Set<string>();
	const visitTimes = async (times: number) => {
		for (let visits = 0; visits < times; visits += 1) {
			const { status, host, sessionViews } = await visitor.visit(await urlOf(proxy, 80));
			expect(status).toBe(200);
			counts.push(sessionViews);
			hosts.add(host);
		}
	};

	await visitTimes(5);
	await project.up("--scale", "sticky-webapp=5", "sticky-webapp");
	await eventually(async () => expect(await upIn(proxy)).toBe(5));
	await visitTimes(5);
	await docker("restart", "--time", "5", proxy);
	await eventually(async () => expect(await upIn(proxy)).toBe(5));
	await visitTimes(5);
	await project.up("--scale", "sticky-webapp=6", "sticky-webapp");
	await eventually(async () => expect(await upIn(proxy)).toBe(6));
	await visitTimes(5);

	expect(counts).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
	expect([...hosts]).toHaveLength(1);
	await movesOnWhenItsServerStops(visitor, [...hosts].join());
});

/** The session of the stopped server is gone with its memory; the visitor is not. */
async function movesOnWhenItsServerStops(visitor: Visitor, host: string): Promise<void> {
	const proxy = nameOf("sticky-proxy");
	const url = await urlOf(proxy, 80);
	const stopped = docker("stop", host);
	await eventually(async () => {
		const last = (await keptLines({ name: proxy })).at(-1);
		expect(last).toMatchObject({ event: "leave", id: expect.stringMatching(`^${host}`) });
	});
	const first = await visitor.visit(url);
	expect(first).toMatchObject({ status: 200, sessionViews: 1 });
	expect(first.host).not.toBe(host);
	for (const sessionViews of [2, 3, 4])
		expect(await visitor.visit(url)).toEqual({ status: 200, host: first.host, sessionViews });
	await stopped;
	expect(await visitor.visit(url)).toEqual({ status: 200, host: first.host, sessionViews: 5 });
}

test("with a shared store the count goes on whichever server answers, also when one stops", async () => {
	const proxy = nameOf("shared-proxy");
	await eventually(async () => expect(await upIn(proxy)).toBe(3));
	const url = await urlOf(proxy, 80);
	const visitor = createVisitor();
	const hosts = new Set<string>();
	for (let sessionViews = 1; sessionViews <= 20; sessionViews += 1) {
		if (sessionViews === 11) await docker("stop", nameOf("shared-webapp"));
		const answer = await visitor.visit(url);
		expect(answer).toMatchObject({ status: 200, sessionViews });
		hosts.add(answer.host);
	}
	expect([...hosts]).toHaveLength(3);
});

test("while the store is away the servers say so, and they are well again when it is back", async () => {
	const url = await urlOf(nameOf("shared-proxy"), 80);
	const visitor = createVisitor();
	await docker("stop", nameOf("valkey"));
	expect(await visitor.visit(url)).toMatchObject({ status: 503 });
	await docker("start", nameOf("valkey"));
	await eventually(async () => expect(await visitor.visit(url)).toMatchObject({ status: 200 }));
});

function nameOf(service: string): string {
	return `${project.name}-${service}-1`;
}

/** How many servers HAProxy calls up. */
async function upIn(name: string): Promise<number> {
	return (await serversOf({ name })).filter(({ status }) => status === "UP").length;
}
