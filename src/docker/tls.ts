import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { AppError } from "../errors.ts";
import type { Tls } from "./host.ts";

type Options = { readonly keepAlive: boolean; readonly keepAliveMsecs: number; readonly timeout: number };

/** Reads the files for each connection, so that renewed ones are taken without a restart. */
export function tlsAgent(tls: Tls, options: Options): Agent {
	// A session that is resumed would carry the old certificate on.
	const agent = new Agent({ ...options, maxCachedSessions: 0 });
	const connect = agent.createConnection.bind(agent);
	const dial = async (request: Parameters<typeof connect>[0]): Promise<Duplex> => {
		const files = await read(tls);
		const socket = connect({ ...request, ...files, rejectUnauthorized: tls.verify });
		if (!(socket instanceof TLSSocket)) throw new Error("Node's https.Agent made no TLS socket");
		// Node 24 applies the agent's keepAlive to plain sockets alone.
		return socket.once("connect", () => socket.setKeepAlive(options.keepAlive, options.keepAliveMsecs));
	};
	agent.createConnection = (request, done) => {
		const failed = done as ((cause: AppError) => void) | undefined;
		dial(request).then(
			(socket) => done?.(null, socket),
			(cause) => failed?.(asAppError(tls, cause)),
		);
		return undefined;
	};
	return agent;
}

type Files = { readonly ca?: string; readonly cert?: string; readonly key?: string };

async function read({ ca, pair }: Tls): Promise<Files> {
	return {
		...(ca === undefined ? {} : { ca: await readPem(ca) }),
		...(pair === undefined ? {} : { cert: await readPem(pair.cert), key: await readPem(pair.key) }),
	};
}

async function readPem(file: string): Promise<string> {
	try {
		return await readFile(file, "utf8");
	} catch (cause) {
		throw new AppError("docker-tls", `${file} can't be read by user ${process.getuid?.()}`, {
			cause,
			hint: "TLS needs ca.pem, cert.pem and key.pem in BALLAST_DOCKER_CERT_PATH: mount them, and give them to user 10002",
		});
	}
}

/** OpenSSL refuses what is no PEM, a key with a passphrase, and a key that is another certificate's. */
function asAppError({ ca, pair }: Tls, cause: unknown): AppError {
	if (cause instanceof AppError) return cause;
	const files = [ca, pair?.cert, pair?.key].filter((file) => file !== undefined).join(", ");
	return new AppError("docker-tls", `OpenSSL can't use what is in ${files}`, {
		cause,
		hint: "expected are certificates in PEM, and the key of cert.pem without a passphrase",
	});
}
