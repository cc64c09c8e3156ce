import { type DockerHost, nameOf } from "./host.ts";

type Trouble = { readonly code?: "docker-tls"; readonly message: string; readonly hint: string };

type TcpHost = DockerHost & { readonly kind: "tcp" };

type Kind = {
	/** Of Node's code for the error, which OpenSSL named as a rule, and its message. */
	readonly sign: RegExp;
	readonly message: (engine: string, host: TcpHost) => string;
	readonly hint: string;
	/** It may be no fault of TLS. */
	readonly perhaps?: true;
};

/** First found first. */
const kinds: readonly Kind[] = [
	{
		sign: /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET|VERIFY)_|CERT_(SIGNATURE_FAILURE|UNTRUSTED|REJECTED|CHAIN_TOO_LONG)|INVALID_)/,
		message: (engine, { tls }) =>
			`${engine} shows a certificate that ${tls?.ca ?? "no known authority"} did not sign`,
		hint: "mount the ca.pem of the authority that signed the engine's certificate",
	},
	{
		sign: /^CERT_HAS_EXPIRED/,
		message: (engine) => `The certificate of ${engine} has expired`,
		hint: "renew it on the engine's machine",
	},
	{
		sign: /^CERT_NOT_YET_VALID/,
		message: (engine) => `The certificate of ${engine} is not valid yet`,
		hint: "compare the clocks of both machines",
	},
	{
		sign: /^ERR_TLS_CERT_ALTNAME_INVALID/,
		message: (engine, { hostname }) => `The certificate of ${engine} is not for the name ${hostname}`,
		hint: "set BALLAST_DOCKER_HOST to a name that the certificate has, or make one with that name",
	},
	{
		sign: /^(EPROTO|ERR_SSL_).*alert/i,
		message: (engine) => `${engine} refuses our certificate`,
		hint: "cert.pem and key.pem have to be signed by its authority",
	},
	{
		sign: /^(EPROTO|ERR_SSL_)/,
		message: (engine) => `${engine} does not speak TLS`,
		hint: "is that its TLS port (2376, as a rule)? Plain TCP has another",
	},
	{
		// Some end the connection without a word when they don't know whom they speak to.
		sign: /^ECONNRESET/,
		message: (engine) => `${engine} closed the connection`,
		hint: "is the engine running, and are cert.pem and key.pem signed by its authority? It is asked again until it answers",
		perhaps: true,
	},
];

/** Says for a person why there is no way to the engine by TLS; undefined when it was something else. */
export function tlsTrouble(host: TcpHost, cause: unknown): Trouble | undefined {
	if (!(cause instanceof Error && "code" in cause)) return undefined;
	const kind = kinds.find(({ sign }) => sign.test(`${cause.code} ${cause.message}`));
	if (kind === undefined) return undefined;
	const told = { message: kind.message(`Docker at ${nameOf(host)}`, host), hint: kind.hint };
	return kind.perhaps ? told : { code: "docker-tls", ...told };
}
