import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A container as the fake engine holds it; what `inspect` answers is made of it. */
type FakeContainer = {
	readonly id: string;
	readonly name: string;
	readonly labels?: Readonly<Record<string, string>>;
	readonly status?: "created" | "running" | "paused" | "restarting" | "exited";
	readonly startedAt?: string;
	readonly stopSignal?: string;
	readonly stopTimeout?: number;
	readonly health?: string;
	readonly address?: string;
	readonly networkMode?: string;
	/** The network that its address is in; without it, the engine's only bridge. */
	readonly network?: string;
	readonly gateway?: string;
};

/** What a real engine can't be made to do on demand. */
type Faults = {
	/** Answers in place of the real ones, for paths that contain `path`. */
	answer?: {
		readonly path: string;
		readonly status?: number;
		readonly body?: string;
		readonly never?: boolean;
		/** The connection breaks in the middle of the body. */
		readonly breakOff?: boolean;
	};
	/** Cuts each event stream at once after it has begun. */
	cutStreams?: boolean;
};

/** A Docker engine by hand on a unix socket: the few endpoints we use, as the contract suite proves against the real one. */
export type FakeDocker = AsyncDisposable & {
	readonly host: string;
	/** By id; change it and emit. */
	readonly containers: Map<string, FakeContainer>;
	/** Every request so far, such as `GET /containers/json?…`. */
	readonly requests: string[];
	readonly faults: Faults;
	readonly add: (container: Partial<FakeContainer> & { readonly name: string }) => FakeContainer;
	/** An event of a container, to each stream whose filters want it. */
	readonly emit: (id: string, action: string, attributes?: Readonly<Record<string, string>>) => void;
	/** Bytes as they are, to each stream. */
	readonly send: (text: string) => void;
	/** Breaks each event stream off. */
	readonly cut: () => void;
	/** How many connections are open. */
	readonly connections: () => number;
};

type Filters = Readonly<Record<string, readonly string[]>>;
type Stream = { readonly filters: Filters; readonly response: ServerResponse };

export async function createFakeDocker(): Promise<FakeDocker> {
	const directory = await temporaryDirectory();
	const path = join(directory.path, "docker.sock");
	const containers = new Map<string, FakeContainer>();
	const requests: string[] = [];
	const faults: Faults = {};
	const streams = new Set<Stream>();

	const server = createServer((request, response) => {
		requests.push(`${request.method} ${request.url}`);
		const url = new URL(request.url ?? "", "http://docker");
		const fault = faults.answer;
		if (fault !== undefined && url.pathname.includes(fault.path)) misbehave(fault, response);
		else answer(url, response);
	});

	function answer({ pathname, searchParams }: URL, response: ServerResponse): void {
		const filters: Filters = JSON.parse(searchParams.get("filters") ?? "{}");
		const [, id] = /^\/containers\/([^/]+)\/json$/.exec(pathname) ?? [];
		if (pathname === "/events") subscribe({ filters, response });
		else if (pathname === "/containers/json") reply(response, 200, listed([...containers.values()], filters));
		else if (pathname === "/networks") reply(response, 200, [{ Id: fakeId("net") }]);
		else if (id !== undefined) replyInspect(response, id);
		else reply(response, 404, { message: "page not found" });
	}

	function subscribe(stream: Stream): void {
		stream.response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
		streams.add(stream);
		stream.response.on("close", () => streams.delete(stream));
		if (faults.cutStreams) stream.response.destroy();
	}

	function replyInspect(response: ServerResponse, id: string): void {
		const found = [...containers.values()].find((one) => one.id.startsWith(id) || one.name === id);
		if (found === undefined) reply(response, 404, { message: `No such container: ${id}` });
		else reply(response, 200, inspectOf(found));
	}

	let connections = 0;
	server.on("connection", (socket) => {
		connections += 1;
		socket.on("close", () => {
			connections -= 1;
		});
	});
	await new Promise<void>((resolve) => server.listen(path, resolve));
	return {
		host: `unix://${path}`,
		containers,
		requests,
		faults,
		add: (container) => {
			const added = { id: fakeId(container.name), ...container };
			containers.set(added.id, added);
			return added;
		},
		emit: (id, action, attributes = {}) => {
			const event = eventOf(id, action, attributes);
			const wanted = [...streams].filter(({ filters }) => wants(filters, event));
			for (const { response } of wanted) response.write(`${JSON.stringify(event)}\n`);
		},
		send: (text) => {
			for (const { response } of streams) response.write(text);
		},
		cut: () => {
			for (const { response } of streams) response.destroy();
		},
		connections: () => connections,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			await directory[Symbol.asyncDispose]();
		},
	};
}

/** 64 hexadecimal digits, always the same ones for a name. */
export function fakeId(name: string): string {
	return Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64);
}

function misbehave(fault: NonNullable<Faults["answer"]>, response: ServerResponse): void {
	const { status = 200, body = "", never = false, breakOff = false } = fault;
	if (never) return;
	response.writeHead(status, { "content-type": "application/json" });
	if (breakOff) response.write(body, () => response.destroy());
	else response.end(body);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function listed(
	containers: readonly FakeContainer[],
	{ label = [], status = ["running"] }: Filters,
): unknown {
	return containers
		.filter(({ status: own = "running" }) => status.includes(own))
		.filter(({ labels = {} }) => label.every((wanted) => wanted in labels || pairs(labels).includes(wanted)))
		.map(({ id }) => ({ Id: id }));
}

function pairs(labels: Readonly<Record<string, string>>): readonly string[] {
	return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

function inspectOf({ id, name, status = "running", ...container }: FakeContainer): unknown {
	return {
		Id: id,
		Name: `/${name}`,
		Created: "2026-01-01T00:00:00.000000001Z",
		State: {
			Status: status,
			StartedAt: container.startedAt ?? "2026-01-01T00:00:01.123456789Z",
			ExitCode: 0,
			OOMKilled: false,
			...(container.health === undefined ? {} : { Health: { Status: container.health } }),
		},
		Config: {
			Image: "fake:latest",
			Labels: container.labels ?? {},
			StopSignal: container.stopSignal,
			StopTimeout: container.stopTimeout,
		},
		HostConfig: { NetworkMode: container.networkMode ?? "fake-net" },
		NetworkSettings: {
			Networks: isGuest(container.networkMode)
				? {}
				: { [container.network ?? "fake-net"]: placeOf(container) },
		},
	};
}

/** One that has no network of its own. */
function isGuest(networkMode = ""): boolean {
	return networkMode === "host" || networkMode.startsWith("container:");
}

function placeOf({ address, network, gateway }: Partial<FakeContainer>): unknown {
	return {
		NetworkID: fakeId(network ?? "net"),
		IPAddress: address ?? "10.0.0.2",
		GlobalIPv6Address: "",
		Gateway: gateway ?? "",
	};
}

type FakeEvent = { readonly Type: string; readonly Action: string };

function eventOf(id: string, action: string, attributes: Readonly<Record<string, string>>): FakeEvent {
	const ofNetwork = action === "connect" || action === "disconnect";
	const actor = ofNetwork
		? { ID: fakeId("net"), Attributes: { container: id, ...attributes } }
		: { ID: id, Attributes: attributes };
	const event = { Type: ofNetwork ? "network" : "container", Action: action, Actor: actor };
	return { ...event, ...{ timeNano: Date.now() * 1e6 } };
}

/** As Docker does: prefixes are enough once health_status is asked for. */
function wants({ type = [], event = [] }: Filters, { Type, Action }: FakeEvent): boolean {
	return type.includes(Type) && event.some((wanted) => Action.startsWith(wanted));
}
