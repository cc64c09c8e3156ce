import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import * as v from "valibot";
import { dockerLife } from "./docker-life.ts";
import { type FakeContainer, fakeId } from "./fake-container.ts";
import type { FakeDocker } from "./fake-docker.ts";

const body = v.looseObject({
	Image: v.string(),
	Labels: v.optional(v.record(v.string(), v.string()), {}),
	HostConfig: v.looseObject({ NetworkMode: v.string() }),
	NetworkingConfig: v.object({ EndpointsConfig: v.record(v.string(), v.unknown()) }),
});

type Answer = readonly [status: number, message?: string];

/** Answers what changes a fake engine's containers: they are made, started, stopped and removed, and it tells of that. */
export function createFakeReplicas(docker: FakeDocker) {
	const life = dockerLife(docker);
	const changes: ReadonlyMap<string, (container: FakeContainer) => Answer> = new Map([
		["POST /start", start],
		["POST /stop", stop],
		["DELETE ", remove],
	]);
	let made = 0;

	async function answer(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
		if (url.pathname === "/containers/create") {
			await create(url.searchParams.get("name") ?? "", await json(request), response);
			return;
		}
		const [, id = "", verb = ""] = /^\/containers\/([^/]+)(\/\w+)?$/.exec(url.pathname) ?? [];
		const container = docker.containers.get(id);
		const change = changes.get(`${request.method} ${verb}`);
		if (change === undefined) reply(response, [404, "page not found"]);
		else if (container === undefined) reply(response, [404, `No such container: ${id}`]);
		else reply(response, change(container));
	}

	async function create(name: string, asked: unknown, response: ServerResponse): Promise<void> {
		if ([...docker.containers.values()].some((one) => one.name === name)) {
			reply(response, [409, `Conflict. The container name "/${name}" is already in use`]);
			return;
		}
		made += 1;
		const { id } = docker.add(containerOf(name, asked, made));
		docker.emit(id, "create");
		response.writeHead(201, { "content-type": "application/json" });
		response.end(JSON.stringify({ Id: id, Warnings: [] }));
	}

	function start(container: FakeContainer): Answer {
		if (isUp(container)) return [304];
		const { startedAt: _, ...again } = container;
		life.start({ ...again, status: "running" });
		return [204];
	}

	function stop(container: FakeContainer): Answer {
		if (!isUp(container)) return [304];
		life.stop(container.id);
		return [204];
	}

	function remove({ id, ...container }: FakeContainer): Answer {
		if (isUp(container))
			return [409, `cannot remove container "/${container.name}": container is running: stop it first`];
		docker.containers.delete(id);
		docker.emit(id, "destroy");
		return [204];
	}

	return { answer };
}

/** Of its networks, the one that the fake has a place for. */
function containerOf(name: string, asked: unknown, made: number): FakeContainer {
	const { HostConfig, NetworkingConfig, ...Config } = v.parse(body, asked);
	const network = HostConfig.NetworkMode;
	return {
		id: fakeId(`${name}#${made}`),
		name,
		labels: Config.Labels,
		status: "created",
		networkMode: network,
		address: `10.0.1.${made}`,
		...(network !== "fake-net" && { network }),
		inspect: { Image: Config.Image, Config, HostConfig },
	};
}

function isUp({ status = "running" }: Pick<FakeContainer, "status">): boolean {
	return status === "running" || status === "paused";
}

function reply(response: ServerResponse, [status, message]: Answer): void {
	response.writeHead(status, { "content-type": "application/json" });
	response.end(message === undefined ? undefined : JSON.stringify({ message }));
}
