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
