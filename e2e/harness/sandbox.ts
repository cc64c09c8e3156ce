import { randomBytes } from "node:crypto";
import { docker, removeContainers } from "./docker.ts";
import { eventually } from "./eventually.ts";

/** Under another prefix than Ballast's own labels, where an unknown key would be a problem. */
const ownerLabel = "io.ballast.e2e";

/** A network of its own, and unique names: what one test makes on the engine, all removed at the end of its `await using`. */
export type Sandbox = AsyncDisposable & {
	readonly network: string;
	/** The engine-wide unique name that `name` has in this sandbox. */
	readonly nameOf: (name: string) => string;
	/** `docker run -d` in the sandbox's network: options, image and command as for the CLI. Gives the container's full name. */
	readonly run: (name: string, ...args: readonly string[]) => Promise<string>;
	/** The same in another network, or in a mode such as `host`. */
	readonly runIn: (network: string, name: string, ...args: readonly string[]) => Promise<string>;
	/** `docker create`, likewise. */
	readonly create: (name: string, ...args: readonly string[]) => Promise<string>;
	/** An empty volume; gives its full name. */
	readonly volume: (name: string) => Promise<string>;
};

/** What a sandbox's names begin with, and its network's name. */
export type Names = { readonly prefix: string; readonly network: string };

/** `names` only where people read them: by default they are unique on the engine. The rest is for `docker network create`. */
export async function createSandbox(
	subject: string,
	names?: Names,
	...networkOptions: readonly string[]
): Promise<Sandbox> {
	const mark = `e2e-${subject}-${randomBytes(4).toString("hex")}`;
	const label = `${ownerLabel}=${mark}`;
	const { prefix, network } = names ?? { prefix: `${mark}-`, network: `${mark}-net` };
	await docker("network", "create", "--label", label, ...networkOptions, network);
	const nameOf = (name: string) => `${prefix}${name}`;
	const make = async (command: readonly string[], name: string, args: readonly string[], place = network) => {
		await docker(...command, "--name", nameOf(name), "--network", place, "--label", label, ...args);
		return nameOf(name);
	};
	return {
		network,
		nameOf,
		run: async (name, ...args) => make(["run", "-d"], name, args),
		runIn: async (place, name, ...args) => make(["run", "-d"], name, args, place),
		create: async (name, ...args) => make(["create"], name, args),
		volume: async (name) => docker("volume", "create", "--label", label, `${prefix}${name}`),
		// Docker refuses to remove what it is removing already, and a network that one is still leaving.
		[Symbol.asyncDispose]: async () => eventually(async () => removeLabelled(label)),
	};
}

async function removeLabelled(label: string): Promise<void> {
	const containers = await idsOf("container", "ls", "-aq", "--filter", `label=${label}`);
	await removeContainers(containers);
	const volumes = await idsOf("volume", "ls", "-q", "--filter", `label=${label}`);
	if (volumes.length > 0) await docker("volume", "rm", ...volumes);
	const networks = await idsOf("network", "ls", "-q", "--filter", `label=${label}`);
	if (networks.length > 0) await docker("network", "rm", ...networks);
}

async function idsOf(...args: readonly string[]): Promise<readonly string[]> {
	return (await docker(...args)).split("\n").filter((id) => id !== "");
}
