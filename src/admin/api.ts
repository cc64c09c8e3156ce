import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError, messageOf } from "../errors.ts";
import type { Leaving } from "../model/container.ts";
import type { Hold } from "../model/fleet.ts";
import { type Handed, type Happening, ownHappening } from "../model/happening.ts";
import { printable } from "../model/labels.ts";
import type { Problem } from "../model/problem.ts";
import type { ScaleOrder } from "../model/scale-order.ts";
import type { Status } from "../reconcile/status.ts";
import type { WhyAnswer } from "./explain.ts";
import type { HoldAnswer, HoldWish } from "./hold.ts";
import { follow, type LogPort, latest } from "./log-lines.ts";
import { type ScaleAnswer, type ScaleSources, scaleAnswer, setScale } from "./scale.ts";

/** A server as Ballast knows it, and as HAProxy counts it: a row of `ballast servers`. */
export type ServerRow = {
	readonly pool: string;
	readonly server: string;
	readonly container: string;
	/** The container's full id. */
	readonly id: string;
	/** `ip:port`, or `[ip]:port`. */
	readonly address: string;
	/** HAProxy's own word, such as `UP` or `DOWN`; `unknown` when it does not answer. */
	readonly status: string;
	/** What a person has set. */
	readonly held: Hold | null;
	readonly weight: number;
	/** Requests in service now, and in all since the process started. */
	readonly current: number;
	readonly total: number;
};

/** Whether the container is alive: HAProxy answers, and the loop turns. Problems don't make it unhealthy. */
export type Health = { readonly healthy: boolean; readonly why: string };

/** What the API tells of, and hands on. */
export type AdminPorts = {
	readonly status: (signal: AbortSignal) => Status | Promise<Status>;
	readonly servers: (signal: AbortSignal) => Promise<readonly ServerRow[]>;
	readonly health: (signal: AbortSignal) => Promise<Health>;
	readonly log: LogPort;
	/** By container id: who was told to stop. */
	readonly leaving: () => ReadonlyMap<string, Leaving>;
	readonly hand: (happening: Happening) => Promise<Handed>;
	readonly why: (asked: string, signal: AbortSignal) => Promise<WhyAnswer>;
	readonly hold: (asked: string, wish: HoldWish, signal: AbortSignal) => Promise<HoldAnswer>;
	readonly inFlight: (asked: InFlightAsked, signal: AbortSignal) => Promise<InFlight>;
	readonly scale: ScaleSources;
};

/** `aged`: with the age of the oldest, which is dearer to tell. */
export type InFlightAsked = { readonly pool: string; readonly server: string; readonly aged: boolean };

/** What is going on at one server. */
export type InFlight = {
	/** `open`: it gets new clients; `drained`: it does not; `out`: nobody is sent there. */
	readonly state: "open" | "drained" | "out";
	/** Requests and connections in service, and those that wait for it. */
	readonly open: number;
	readonly queued: number;
	/** The processes that a reload has replaced and that have some of those that are open, and how many. */
	readonly replaced: readonly { readonly pid: number; readonly open: number }[];
	/** Seconds since the oldest of those began that is open; absent where none is, or nobody asked. */
	readonly oldest?: number | undefined;
};

/** What came instead of an answer, with status 500, or 400 for `bad-input`. */
export type Failure = { readonly code: string; readonly message: string; readonly hint?: string };

/** The answers by path, as JSON; the paths are the API. */
export type Answers = {
	readonly "/status": Status;
	readonly "/servers": readonly ServerRow[];
	readonly "/problems": readonly Problem[];
	readonly "/health": Health;
	readonly [why: `/why/${string}`]: WhyAnswer;
	readonly "/leaving": Readonly<Record<string, Leaving>>;
	readonly [inFlight: `/in-flight/${string}/${string}`]: InFlight;
	readonly "/scale": ScaleAnswer;
};

/** What can be posted, by path, as JSON, and the answers. */
export type Posts = {
	readonly "/events": {
		readonly sent: { readonly name: string; readonly payload?: string | undefined };
		readonly answer: Handed;
	};
	readonly "/holds": {
		readonly sent: { readonly container: string; readonly wish: HoldWish };
		readonly answer: HoldAnswer;
	};
	readonly "/scale": {
		/** Null takes back what was set. */
		readonly sent: { readonly pool: string; readonly order: ScaleOrder | null };
		readonly answer: { readonly remarks: readonly string[] };
	};
};

/** Bytes: the largest payload, should each of its characters be escaped. */
const largestBody = 128 * 1024;

/**
 * The controller's answers to the command line: `GET /status`, `/servers`, `/problems`, `/health`, `/leaving`,
 * `/why/<container>`, `/in-flight/<pool>/<server>?aged`, `/scale`, each one JSON value; `GET /log?lines=20` and `/log?lines=20&follow` are
 * JSON lines, those with `follow` without an end. `POST /events` hands an event on, `POST /holds` drains a container and the
 * like, `POST /scale` sets how many there are.
 */
export function createApi(ports: AdminPorts): Hono {
	const api = new Hono();
	api.get("/status", async (request) => request.json(await ports.status(request.req.raw.signal)));
	api.get("/problems", async (request) =>
		request.json((await ports.status(request.req.raw.signal)).problems),
	);
	api.get("/servers", async (request) => request.json(await ports.servers(request.req.raw.signal)));
	api.get("/health", async (request) => request.json(await ports.health(request.req.raw.signal)));
	api.get("/leaving", (request) => request.json(Object.fromEntries(ports.leaving())));
	api.get("/why/:asked", async ({ req, json }) => json(await ports.why(req.param("asked"), req.raw.signal)));
	api.get("/log", async ({ req }) => {
		const lines = Number(req.query("lines") ?? 0);
		return req.query("follow") === undefined ? await latest(ports.log, lines) : follow(ports.log, lines);
	});
	api.post("/events", bodyLimit({ maxSize: largestBody, onError: noEvent }), async (request) => {
		const { name, payload } = eventIn(await request.req.json<unknown>().catch(noEvent));
		return request.json(await ports.hand(ownHappening(name, payload)));
	});
	api.get("/in-flight/:pool/:server", async ({ req, json }) => {
		const asked = { pool: oneWord(req.param("pool")), server: oneWord(req.param("server")) };
		const aged = req.query("aged") !== undefined;
		return json(await ports.inFlight({ ...asked, aged }, req.raw.signal));
	});
	api.post("/holds", bodyLimit({ maxSize: largestBody, onError: noHold }), async ({ req, json }) => {
		const { container, wish } = holdIn(await req.json<unknown>().catch(noHold));
		return json(await ports.hold(container, wish, req.raw.signal));
	});
	api.get("/scale", ({ json }) => json(scaleAnswer(ports.scale)));
	api.post("/scale", bodyLimit({ maxSize: largestBody, onError: noOrder }), async ({ req, json }) => {
		const { pool, order } = orderIn(await req.json<unknown>().catch(noOrder));
		return json(await setScale(ports.scale, pool, order));
	});
	api.onError((thrown, request) => {
		const failure = failureOf(thrown);
		return request.json(failure, failure.code === "bad-input" ? 400 : 500);
	});
	return api;
}

function eventIn(body: unknown): Posts["/events"]["sent"] {
	const { name, payload } = Object(body) as Readonly<Record<string, unknown>>;
	if (typeof name === "string" && (payload === undefined || typeof payload === "string"))
		return { name, payload };
	return noEvent();
}

function noEvent(): never {
	throw notExpected("an object with a name and, if any, a payload, both texts");
}

function holdIn(body: unknown): Posts["/holds"]["sent"] {
	const { container, wish } = Object(body) as Readonly<Record<string, unknown>>;
	if (typeof container === "string" && (wish === "drain" || wish === "maint" || wish === "ready"))
		return { container, wish };
	return noHold();
}

function noHold(): never {
	throw notExpected("an object with a container and a wish, which is drain, maint or ready");
}

function orderIn(body: unknown): Posts["/scale"]["sent"] {
	const { pool, order } = Object(body) as Readonly<Record<string, unknown>>;
	const isSize = typeof order === "number" && Number.isInteger(order) && order >= 1 && order <= 1_000;
	if (typeof pool === "string" && (isSize || order === "paused" || order === null)) return { pool, order };
	return noOrder();
}

function noOrder(): never {
	throw notExpected("an object with a pool and an order, which is a number from 1 to 1000, paused or null");
}

function notExpected(what: string): AppError {
	return new AppError("bad-input", `expected JSON of ${largestBody} bytes at most, ${what}`);
}

/** As it becomes part of a command of HAProxy's. */
function oneWord(text: string): string {
	if (/^[a-zA-Z0-9_.:-]+$/.test(text)) return text;
	throw new AppError("bad-input", `expected the name of a pool or server, got ${printable(text)}`);
}

function failureOf(thrown: unknown): Failure {
	const { code = "controller-failed", hint } = thrown instanceof AppError ? thrown : {};
	return { code, message: messageOf(thrown), ...(hint === undefined ? {} : { hint }) };
}
