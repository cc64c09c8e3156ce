import { Client } from "undici";

/**
 * Holds an idle connection longer than anybody else here, so that it is never the client who closes it: apps tell clients by a
 * header to do so after 5 s, and undici obeys unless it is told to add a minute.
 */
export function patientClient(url: string): Client {
	return new Client(url, {
		// As long as HAProxy waits for a server.
		headersTimeout: 60_000,
		keepAliveTimeout: 60_000,
		keepAliveTimeoutThreshold: -60_000,
	});
}
