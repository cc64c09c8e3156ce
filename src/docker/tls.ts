import { readFile } from "node:fs/promises";
import { Agent, type AgentOptions } from "node:https";
import { AppError } from "../errors.ts";
import { type DockerHost, nameOf, type Tls } from "./host.ts";

/** Reads the files for each connection, so that renewed ones are taken without a restart. */
export function tlsAgent(tls: Tls, options: AgentOptions): Agent {
	// A session that is resumed would carry the old certificate on.
	const agent = new Agent({ ...options, maxCachedSessions: 0 });
	const dial = agent.createConnection.bind(agent);
	agent.createConnection = (request, done) => {
		read(tls)
			.then((files) => dial({ ...request, ...files, rejectUnauthorized: tls.verify }) ?? null)
			.then(
				(socket) => socket !== null && done?.(null, socket),
				// The stream is there only without an error.
				(cause) => (done as (cause: Error) => void)(asAppError(tls, cause)),
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

type Trouble = { readonly code?: "docker-tls"; readonly message: string; readonly hint: string };

const untrusted =
	/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET|VERIFY)_.*|CERT_(SIGNATURE_FAILURE|UNTRUSTED|REJECTED|CHAIN_TOO_LONG)|INVALID_CA|INVALID_PURPOSE)$/;

/** Says for a person why a handshake failed; undefined when it was something else. Node's codes are OpenSSL's names. */
export function tlsTrouble(host: DockerHost & { kind: "tcp" }, cause: unknown): Trouble | undefined {
	if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) return undefined;
	const { code, message: words } = cause;
	const engine = `Docker at ${nameOf(host)}`;
	const of = (message: string, hint: string): Trouble => ({ code: "docker-tls", message, hint });
	if (untrusted.test(code)) {
		const message = `${engine} shows a certificate that ${host.tls?.ca ?? "no known authority"} did not sign`;
		return of(message, "mount the ca.pem of the authority that signed the engine's certificate");
	}
	if (code === "CERT_HAS_EXPIRED")
		return of(`The certificate of ${engine} has expired`, "renew it on the engine's machine");
	if (code === "CERT_NOT_YET_VALID")
		return of(`The certificate of ${engine} is not valid yet`, "compare the clocks of both machines");
	if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
		const message = `The certificate of ${engine} is not for the name ${host.hostname}`;
		return of(
			message,
			"set BALLAST_DOCKER_HOST to a name that the certificate has, or make one with that name",
		);
	}
	const isOpenSsl = code === "EPROTO" || code.startsWith("ERR_SSL_");
	if (isOpenSsl && /alert/i.test(words))
		return of(`${engine} refuses our certificate`, "cert.pem and key.pem have to be signed by its authority");
	// Some end the connection without a word when they don't know whom they speak to.
	if (code === "ECONNRESET")
		return {
			message: `${engine} closed the connection`,
			hint: "is the engine running, and are cert.pem and key.pem signed by its authority? It is asked again until it answers",
		};
	if (isOpenSsl)
		return of(
			`${engine} does not speak TLS`,
			"is that its TLS port (2376, as a rule)? Plain TCP has another",
		);
	return undefined;
}
