import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createAdaptorServer } from "@hono/node-server";
import { AppError } from "../errors.ts";
import { type AdminPorts, createApi } from "./api.ts";

/**
 * Answers on a unix socket until disposed of. Anyone who can reach the socket may ask; who can is decided by the
 * directory it lies in, which HAProxy's user can't enter. A socket file of an earlier life is replaced.
 */
export async function serveAdmin(path: string, ports: AdminPorts): Promise<AsyncDisposable> {
	await rm(path, { force: true });
	const server = createAdaptorServer({ fetch: createApi(ports).fetch });
	try {
		server.listen(path);
		await once(server, "listening");
	} catch (cause) {
		throw new AppError("admin-socket", `can't listen on ${path}`, {
			cause,
			hint: "its directory must exist and be writable; BALLAST_RUN_DIR names another",
		});
	}
	await chmod(path, 0o666);
	return {
		[Symbol.asyncDispose]: async () => {
			server.close();
			if ("closeAllConnections" in server) server.closeAllConnections();
		},
	};
}
