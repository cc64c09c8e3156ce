import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import {
	type FakeContainer,
	type Filters,
	fakeId,
	inspectOf,
	isListed,
	listEntry,
	statsOf,
} from "./fake-container.ts";
import { createFakeStreams, eventOf, type StreamFaults } from "./fake-events.ts";
import { createFakeReplicas } from "./fake-replicas.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** What a real engine can't be made to do on demand. */
type Faults = StreamFaults & {
	/** Answers in place of the real ones, for paths that contain `path`. */
	answer?: {
		readonly path: string;
		readonly status?: number;
		readonly body?: string;
		readonly never?: boolean;
		/** The connection breaks in the middle of the body. */
		readonly breakOff?: boolean;
		/** Only the next request. */
		readonly once?: boolean;
	};
	/** Called once a stream is open, before anything that is asked for after it is answered. */
	onSubscribed?: () => void;
};

/**
 * A Docker engine by hand on a unix socket: the few endpoints we use, as the contract suite proves against the real one. A
 * test has it in its own process, and a proxy in a container reaches it by its mounted directory.
 */
export type FakeDocker = AsyncDisposable & {
	readonly host: string;
	/** Where its socket is, and nothing else. */
	readonly directory: string;
	/** By id. A change alone tells nobody: see `docker-life.ts`. */
	readonly containers: Map<string, FakeContainer>;
	/** Every request so far, such as `GET /containers/json?…`. */
	readonly requests: string[];
	readonly faults: Faults;
	/** The engine's own clock, in milliseconds since 1970; a test may set it. */
	readonly clock: { now: () => number };
	readonly add: (container: Partial<FakeContainer> & { readonly name: string }) => FakeContainer;
	/** Changes a container, silently. */
	readonly change: (id: string, container: Partial<FakeContainer>) => void;
	/** An event of a container, to each stream whose filters want it. */
	readonly emit: (id: string, action: string, attributes?: Readonly<Record<string, string>>) => void;
	/** Bytes as they are, to each stream. */
	readonly send: (text: string) => void;
	/** Breaks each event stream off. */
	readonly cut: () => void;
	/** Keeps no events of the past, as after a start of the engine. */
	readonly forget: () => void;
	/** How many connections, and how many event streams, are open. */
	readonly connections: () => number;
	readonly streams: () => number;
};

export async function createFakeDocker(): Promise<FakeDocker> {
	const directory = await temporaryDirectory();
	const path = join(directory.path, "docker.sock");
	const containers = new Map<string, FakeContainer>();
	const requests: string[] = [];
	const faults: Faults = {};
	const clock = { now: () => Date.now() };
	const streams = createFakeStreams(faults);

	const server = createServer((request, response) => {
		requests.push(`${request.method} ${request.url}`);
		const url = new URL(request.url ?? "", "http://docker");
		const fault = faults.answer;
		if (fault === undefined || !url.pathname.includes(fault.path)) {
			if (request.method === "GET") answer(url, response);
			else void replicas.answer(request, url, response);
			return;
		}
		if (fault.once) delete faults.answer;
		misbehave(fault, response);
	});

	function answer({ pathname, searchParams }: URL, response: ServerResponse): void {
		const filters: Filters = JSON.parse(searchParams.get("filters") ?? "{}");
		const [, id, what] = /^\/containers\/([^/]+)\/(json|stats)$/.exec(pathname) ?? [];
		if (pathname === "/events") subscribe(filters, response, searchParams.get("since"));
		else if (pathname === "/containers/json") reply(response, 200, listed(filters));
		else if (pathname === "/networks") reply(response, 200, [{ Id: fakeId("net") }]);
		else if (id !== undefined) replyAbout(response, id, what);
		else reply(response, 404, { message: "page not found" });
	}

	function subscribe(filters: Filters, response: ServerResponse, since: string | null): void {
		streams.open(filters, response, since, clock.now());
		faults.onSubscribed?.();
	}

	function listed(filters: Filters): unknown {
		const found = [...containers.values()].filter((one) => isListed(one, filters));
		return found.map((one) => listEntry(one, clock.now()));
	}

	function replyAbout(response: ServerResponse, id: string, what: string | undefined): void {
		const all = [...containers.values()];
		const found =
			containers.get(id) ?? all.find(({ name }) => name === id) ?? all.find((one) => one.id.startsWith(id));
		if (found === undefined) reply(response, 404, { message: `No such container: ${id}` });
		else reply(response, 200, what === "stats" ? statsOf(found, clock.now()) : inspectOf(found));
	}

	let connections = 0;
	server.on("connection", (socket) => {
		connections += 1;
		socket.on("close", () => {
			connections -= 1;
		});
	});
	const docker: FakeDocker = {
		host: `unix://${path}`,
		directory: directory.path,
		containers,
		requests,
		faults,
		clock,
		add: (container) => {
			const added = { id: fakeId(container.name), ...container };
			containers.set(added.id, added);
			return added;
		},
		change: (id, changed) => {
			const container = containers.get(id);
			if (container !== undefined) containers.set(id, { ...container, ...changed });
		},
		emit: (id, action, attributes = {}) => streams.emit(eventOf(id, action, attributes, clock.now())),
		send: streams.send,
		cut: streams.cut,
		forget: streams.forget,
		connections: () => connections,
		streams: streams.count,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			await directory[Symbol.asyncDispose]();
		},
	};
	const replicas = createFakeReplicas(docker);
	await new Promise<void>((resolve) => server.listen(path, resolve));
	return docker;
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
