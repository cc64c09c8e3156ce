import { createDockerClient } from "../../src/docker/client.ts";
import { type CloneOrder, cloneOf } from "../../src/model/clone.ts";
import { inspect } from "../harness/docker.ts";

const { signal } = new AbortController();

const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";

const order: CloneOrder = {
	ordinal: 1,
	owner: "e2e",
	prefix: "ballast.",
	compose: "join",
	volumes: "refuse",
	ports: "refuse",
};

/** What would be asked of the engine for a clone. Throws with the reasons when there is none. */
export async function clonedFrom(container: string, over: Partial<CloneOrder> = {}) {
	using client = createDockerClient(host);
	const template = await client.template(container, signal);
	if (template === undefined) throw new Error(`there is no ${container}`);
	const cloning = cloneOf(template, { ...order, ...over });
	if (cloning.kind === "refused") throw new Error(cloning.refusals.map(({ message }) => message).join("; "));
	return cloning;
}

/** A clone that has started; gives its name. */
export async function startClone(container: string, over: Partial<CloneOrder> = {}): Promise<string> {
	using client = createDockerClient(host);
	const { name, body } = await clonedFrom(container, over);
	const made = await client.create(name, body, signal);
	if (made.kind !== "created") throw new Error(`${name} was not made: ${made.kind}`);
	await client.start(made.id, signal);
	return name;
}

export async function removeClone(name: string): Promise<void> {
	using client = createDockerClient(host);
	const id = `${await inspect(name, ".Id")}`;
	await client.stop(id, 5, signal);
	await client.remove(id, signal);
}
