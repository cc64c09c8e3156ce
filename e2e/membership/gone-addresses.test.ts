import type { Client } from "undici";
import { expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { inspect } from "../harness/docker.ts";
import { patientClient } from "../harness/patient-client.ts";
import { startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { makeSick, quickHealth, startWebapp } from "../harness/servers.ts";

const clients = 6;

/*
 * Seen to fail, when each leave was a reload, with the `maint-server` steps taken out: the process that was replaced sent
 * every other request of its idle clients to the server that had left.
 */
test("promise 11: clients that stay connected never reach the address of a server that has left", async () => {
	await using sandbox = await createSandbox("gone");
	const [proxy, stays, leaves] = await Promise.all([
		startProxy(sandbox),
		startWebapp(sandbox, "stays"),
		// It leaves and goes on answering, as whoever gets its address next would.
		startWebapp(sandbox, "leaves", ...quickHealth),
	]);
	await agreeOn(proxy, stays, leaves);
	const connected = Array.from({ length: clients }, () => patientClient(proxy.url));
	const before = await Promise.all(connected.map(answeredBy));
	const [staying, leaving] = [
		await addressOf(stays, sandbox.network),
		await addressOf(leaves, sandbox.network),
	];
	expect(new Set(before)).toEqual(new Set([staying, leaving]));

	await makeSick(leaves);
	await agreeOn(proxy, stays);

	const after = await Promise.all(connected.map(answeredBy));
	expect(new Set(after)).toEqual(new Set([staying]));
	await Promise.all(connected.map((client) => client.close()));
});

async function answeredBy(client: Client): Promise<unknown> {
	const { headers, body } = await client.request({ method: "GET", path: "/" });
	await body.dump();
	return headers["x-backend-ip"];
}

async function addressOf(container: string, network: string): Promise<unknown> {
	return await inspect(container, `(index .NetworkSettings.Networks "${network}").IPAddress`);
}
