import { Hono } from "hono";
import { AppError, messageOf } from "../errors.ts";
import type { Leaving } from "../model/container.ts";
import type { Problem } from "../model/problem.ts";
import type { Status } from "../reconcile/status.ts";
import { follow, type LogPort, latest } from "./log-lines.ts";

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
	readonly weight: number;
	/** Requests in service now, and in all since the process started. */
	readonly current: number;
	readonly total: number;
};

/** Whether the container is alive: HAProxy answers, and the loop turns. Problems don't make it unhealthy. */
export type Health = { readonly healthy: boolean; readonly why: string };

/** What the API tells of. */
export type AdminPorts = {
	readonly status: () => Status;
	readonly servers: (signal: AbortSignal) => Promise<readonly ServerRow[]>;
	readonly health: (signal: AbortSignal) => Promise<Health>;
	readonly log: LogPort;
	/** By container id: who was told to stop. */
	readonly leaving: () => ReadonlyMap<string, Leaving>;
};

/** What came instead of an answer, with status 500. */
export type Failure = { readonly code: string; readonly message: string; readonly hint?: string };

/** The answers by path, as JSON; the paths are the API. */
export type Answers = {
	readonly "/status": Status;
	readonly "/servers": readonly ServerRow[];
	readonly "/problems": readonly Problem[];
	readonly "/health": Health;
	readonly "/leaving": Readonly<Record<string, Leaving>>;
};

/**
 * The controller's answers to the command line: `GET /status`, `/servers`, `/problems`, `/health`, `/leaving`, each one JSON value;
 * `GET /log?lines=20` and `/log?lines=20&follow` are JSON lines, those with `follow` without an end.
 */
export function createApi(ports: AdminPorts): Hono {
	const api = new Hono();
	api.get("/status", (request) => request.json(ports.status()));
	api.get("/problems", (request) => request.json(ports.status().problems));
	api.get("/servers", async (request) => request.json(await ports.servers(request.req.raw.signal)));
	api.get("/health", async (request) => request.json(await ports.health(request.req.raw.signal)));
	api.get("/leaving", (request) => request.json(Object.fromEntries(ports.leaving())));
	api.get("/log", async ({ req }) => {
		const lines = Number(req.query("lines") ?? 0);
		return req.query("follow") === undefined ? await latest(ports.log, lines) : follow(ports.log, lines);
	});
	api.onError((thrown, request) => request.json(failureOf(thrown), 500));
	return api;
}

function failureOf(thrown: unknown): Failure {
	const { code = "controller-failed", hint } = thrown instanceof AppError ? thrown : {};
	return { code, message: messageOf(thrown), ...(hint === undefined ? {} : { hint }) };
}
