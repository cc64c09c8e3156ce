import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker } from "../testing/fake-docker.ts";
import { follow } from "../testing/follower.ts";
import { type DockerEvent, parseEvent } from "./events.ts";

const app = fakeId("app");

test("promise 1: subscribes, then has everything listed, and again after each cut", async () => {
	await using docker = await createFakeDocker();
	await using follower = follow(docker);
	await expect.poll(() => follower.calls).toEqual(["listed"]);
	docker.emit(app, "start");
	await expect.poll(() => follower.calls).toEqual(["listed", "start"]);

	docker.cut();
	await expect.poll(() => follower.calls).toEqual(["listed", "start", "listed"]);
	docker.emit(app, "die");

	await expect.poll(() => follower.calls).toEqual(["listed", "start", "listed", "die"]);
	expect(follower.states.map(({ connected }) => connected)).toEqual([true, false, true]);
});

test("promise 1: asks the engine for what matters only, so that health checks cause nothing", async () => {
	await using docker = await createFakeDocker();
	await using follower = follow(docker);
	await expect.poll(() => follower.calls).toEqual(["listed"]);

	for (const action of [
		"exec_create: true",
		"exec_start: true",
		"exec_die",
		"top",
		"create",
		"attach",
		"resize",
	]) {
		docker.emit(app, action);
	}
	docker.emit(app, "health_status: healthy");

	await expect.poll(() => follower.calls).toEqual(["listed", "health_status: healthy"]);
});

test("promise 1: an event that comes in pieces is one event", async () => {
	await using docker = await createFakeDocker();
	await using follower = follow(docker);
	await expect.poll(() => follower.calls).toEqual(["listed"]);
	const [one, other, third] = [1, 2, 3].map((later) => {
		const timeNano = (Date.now() + later) * 1e6;
		return `{"Type":"container","Action":"die","Actor":{"ID":"${app}"},"timeNano":${timeNano}}\n`;
	}) as [string, string, string];

	docker.send(one.slice(0, 30));
	docker.send(`${one.slice(30)}${other}\n\n${third.slice(0, 5)}`);
	docker.send(third.slice(5));

	await expect.poll(() => follower.calls).toEqual(["listed", "die", "die", "die"]);
});

test.each([
	["text", "hello"],
	["an event without an actor", '{"Type":"container","Action":"die"}'],
	["an event of an id that is none", '{"Type":"container","Action":"die","Actor":{"ID":"x"},"timeNano":1}'],
	["a half line", '{"Type":"contai'],
])(
	"promise 1: %s means that something happened: everything is listed, and the stream goes on",
	async (_, line) => {
		await using docker = await createFakeDocker();
		await using follower = follow(docker);
		await expect.poll(() => follower.calls).toEqual(["listed"]);

		docker.send(`${line}\n`);
		docker.emit(app, "start");

		await expect.poll(() => follower.calls).toEqual(["listed", "listed", "start"]);
		expect(docker.requests).toHaveLength(1);
	},
);

test("promise 1: a half line at a cut is made up for by the list after the next subscription", async () => {
	await using docker = await createFakeDocker();
	await using follower = follow(docker);
	await expect.poll(() => follower.calls).toEqual(["listed"]);

	docker.send('{"Type":"container","Act');
	docker.cut();

	await expect.poll(() => follower.calls).toEqual(["listed", "listed"]);
});

test("a stream that never ends a line is cut off, not collected", async () => {
	await using docker = await createFakeDocker();
	await using follower = follow(docker);
	await expect.poll(() => follower.calls).toEqual(["listed"]);

	docker.send("x".repeat(1_100_000));

	await expect.poll(() => follower.calls).toEqual(["listed", "listed"]);
});

test.each(["while the stream is open", "while it waits to try again"])(
	"promise 12: ends at once on abort, %s",
	async (when) => {
		await using docker = await createFakeDocker();
		docker.faults.cutStreams = when !== "while the stream is open";
		const follower = follow(docker, { shortest: 60_000, longest: 60_000 });
		await expect.poll(() => follower.states.at(-1)?.connected).toBe(!docker.faults.cutStreams);

		follower.stop();

		expect(await follower.ended).toMatchObject({ message: "stopping" });
		await expect.poll(() => docker.connections()).toBe(0);
	},
);

const actor = (type: string, action: string, id: string, attributes: object) =>
	JSON.stringify({
		Type: type,
		Action: action,
		Actor: { ID: id, Attributes: attributes },
		timeNano: 1.7e18,
	});

const parsed: readonly (readonly [string, string, DockerEvent | undefined])[] = [
	[
		"a kill has a signal",
		actor("container", "kill", app, { signal: "15" }),
		{ containerId: app, action: "kill", at: 1.7e12, signal: 15 },
	],
	[
		"a die has an exit code",
		actor("container", "die", app, { exitCode: "137" }),
		{ containerId: app, action: "die", at: 1.7e12, exitCode: 137 },
	],
	[
		"a network's disconnect is about the container",
		actor("network", "disconnect", fakeId("net"), { container: app }),
		{ containerId: app, action: "disconnect", at: 1.7e12 },
	],
	["a network's own end is about none", actor("network", "destroy", fakeId("net"), { name: "x" }), undefined],
];

test.each(parsed)("%s", (_, line, event) => {
	expect(parseEvent(line)).toEqual(event);
});
