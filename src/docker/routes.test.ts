import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { directRoutes } from "./routes.ts";

const nothing = "0".repeat(32);
const six = (destination: string, length: string, gateway: string, flags: string, device: string) =>
	`${destination} ${length} ${nothing} 00 ${gateway} 00000100 00000001 00000000 ${flags} ${device}`;

/** As a host with two bridges and a default route has it. */
const tables = {
	route: [
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
		"eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
		"br-a2c2638bdfd4\t003C880A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
		"docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
		"eth0\t0000000A\t010200C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0",
		"",
	].join("\n"),
	ipv6_route: [
		six("fd00beef000100000000000000000000", "40", nothing, "00000001", "br-e6e7dc5e772d"),
		six(nothing, "00", "fd000000000000000000000000000001", "00000003", "eth0"),
		six("00000000000000000000000000000001", "80", nothing, "80200001", "lo"),
		six("fd00dead000000000000000000000000", "40", nothing, "00000200", "eth0"),
		"",
	].join("\n"),
};

async function routesOf(files: Readonly<Record<string, string>>) {
	await using root = await temporaryDirectory();
	await mkdir(join(root.path, "proc/self/net"), { recursive: true });
	for (const [name, text] of Object.entries(files))
		await writeFile(join(root.path, "proc/self/net", name), text);
	return await directRoutes(root.path);
}

test("a host's own networks are told, and not what a gateway leads to", async () => {
	expect(await routesOf(tables)).toEqual([
		"10.136.60.0/24",
		"172.17.0.0/16",
		"fd00:beef:0001:0000:0000:0000:0000:0000/64",
	]);
});

test("a kernel without IPv6 has the others", async () => {
	expect(await routesOf({ route: tables.route })).toEqual(["10.136.60.0/24", "172.17.0.0/16"]);
});

test("where no kernel tells, nothing is known", async () => {
	expect(await routesOf({})).toBeUndefined();
});
