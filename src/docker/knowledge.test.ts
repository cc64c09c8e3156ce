import { expect, test } from "vitest";
import { reachOf } from "../model/reach.ts";
import { fakeId } from "../testing/fake-docker.ts";
import { watchedEngine } from "../testing/watched-engine.ts";

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
