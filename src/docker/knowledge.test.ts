import { expect, test } from "vitest";
import { reachOf } from "../model/reach.ts";
import { container } from "../testing/containers.ts";
import { fakeId } from "../testing/fake-container.ts";
import { watchedEngine } from "../testing/watched-engine.ts";
import { createKnowledge } from "./knowledge.ts";

const app = { name: "app", labels: { role: "backend" }, networkMode: "host" };

test.each([
	["a bridge network", {}, { addresses: ["10.0.0.1"] }],
	["a macvlan", { network: "lan" }, { problem: { code: "no-shared-network" } }],
])(
	"promise 11: a proxy that uses the network of one in %s takes that one's gateway for what it is",
	async (_, place, expected) => {
		await using world = await watchedEngine(fakeId("proxy"));
		world.docker.add({ name: "lender", gateway: "10.0.0.1", ...place });
		world.docker.add({ name: "proxy", networkMode: "container:lender" });
		world.docker.add(app);

		const inventory = await world.readAll();

		const found = inventory.containers.find(({ name }) => name === app.name);
		expect(found && reachOf(found, inventory, undefined)).toMatchObject(expected);
	},
);

test.each([
	["refuses", { status: 405, body: "{}" }, "refused with status 405"],
	["never answers", { never: true }, "did not answer within"],
])(
	"promise 2: a guard that %s /networks keeps out apps of the host alone, with a problem that says so",
	async (_, fault, message) => {
		await using world = await watchedEngine(fakeId("proxy"), 500);
		world.docker.faults.answer = { path: "/networks", ...fault };
		world.docker.add({ name: "proxy", gateway: "10.0.0.1" });
		world.docker.add(app);
		world.docker.add({ name: "other", labels: app.labels });

		const inventory = await world.readAll();

		const [of, other] = ["app", "other"].map((name) => inventory.containers.find((one) => one.name === name));
		expect(other && reachOf(other, inventory, undefined)).toMatchObject({ certain: true });
		expect(of && reachOf(of, inventory, undefined)).toMatchObject({
			problem: {
				code: "no-shared-network",
				message: expect.stringContaining(message),
				hint: expect.stringMatching(/guard .*\/networks/),
			},
		});
	},
);

test.each([
	["ssh://user@far", true],
	["tcp://10.1.2.3:2375", true],
	["tcp://localhost.example:2375", true],
	["unix:///var/run/docker.sock", false],
	["tcp://127.0.0.1:2375", false],
	["tcp://::1:2376", false],
	["ssh://user@localhost:2222/run/docker.sock", false],
])(
	"promise 11: to a proxy outside of any container, the engine at %s is another machine's: %s",
	async (engine, isFar) => {
		const { signal } = new AbortController();
		const client = { engine, inspect: async () => undefined, bridges: async () => [] };
		const parts = { client, joinLabel: "role=backend", routes: async () => ["10.0.0.0/8"] };
		const selfOf = async (self?: string) => {
			const knowledge = createKnowledge({ ...parts, self });
			const proxy = container("proxy");
			await knowledge.replace([{ id: proxy.id, container: proxy }], [], signal);
			return knowledge.now().self;
		};

		expect((await selfOf()).farEngine).toBe(isFar ? engine : undefined);
		expect((await selfOf(container("proxy").id)).farEngine).toBeUndefined();
	},
);
