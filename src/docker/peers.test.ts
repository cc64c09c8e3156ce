import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker } from "../testing/fake-docker.ts";
import { createDockerClient } from "./client.ts";

const { signal } = new AbortController();
const Config = { Env: ["BALLAST_SCALE=on", "ODD=a=b"] };

/** Proxies, of which each was made a tenth of a second after the one before, and an app. */
async function engineWith(...names: readonly string[]) {
	const docker = await createFakeDocker();
	for (const [at, name] of names.entries()) {
		const Created = `2026-01-01T00:00:00.${at}00000001Z`;
		docker.add({ name, labels: { "io.ballast.image": "proxy" }, inspect: { Config, Created } });
	}
	docker.add({ name: "web", labels: { role: "backend" } });
	const client = createDockerClient(docker.host);
	const eldersOf = async (self: string | undefined) => await client.elders(self, signal);
	return { docker, eldersOf };
}

test("the elders of a proxy are the older ones that run, with the environment that they were given", async () => {
	const { docker, eldersOf } = await engineWith("one", "two", "three");
	await using _ = docker;
	const env = { BALLAST_SCALE: "on", ODD: "a=b" };

	expect(await eldersOf(fakeId("one"))).toEqual([]);
	expect(await eldersOf(fakeId("three").slice(0, 12))).toMatchObject([
		{ name: "one", env },
		{ name: "two", env },
	]);
	docker.change(fakeId("one"), { status: "paused" });
	expect(await eldersOf(fakeId("three"))).toMatchObject([{ name: "two" }]);
});

test("whoever runs outside of a container, or in one of another image, or alone, has none", async () => {
	const { docker, eldersOf } = await engineWith("one", "two");
	await using _ = docker;

	expect(await eldersOf(undefined)).toEqual([]);
	expect(await eldersOf(fakeId("web"))).toEqual([]);
	docker.change(fakeId("one"), { status: "exited" });
	expect(await eldersOf(fakeId("two"))).toEqual([]);
});
