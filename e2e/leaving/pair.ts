import { agreeOn } from "../harness/agreement.ts";
import { mortal } from "../harness/mortal.ts";
import { type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startServer } from "../harness/servers.ts";

/** A proxy before two servers that hold the requests for `/held`. */
export type Pair = {
	readonly sandbox: Sandbox;
	readonly proxy: RunningProxy;
	readonly one: string;
	readonly two: string;
};

export async function startPair(name: string): Promise<Pair> {
	const sandbox = await createSandbox(name);
	const [proxy, one, two] = await Promise.all([
		startProxy(sandbox, ["-e", "BALLAST_PORT=3000"]),
		startServer(sandbox, "one", ...mortal),
		startServer(sandbox, "two", ...mortal),
	]);
	await agreeOn(proxy, one, two);
	return { sandbox, proxy, one, two };
}
