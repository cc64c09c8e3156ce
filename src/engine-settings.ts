import { AppError } from "./errors.ts";
import { setting } from "./setting.ts";
import { absolutePath, emptyOr, matching, onOff, pathFromHome } from "./setting-parsers.ts";

const machine = String.raw`(\[[\da-fA-F:.]+\]|[^\s/@:\[\]]+)(:\d+)?`;
const host = new RegExp(String.raw`^(unix:///\S+|tcp://${machine}|ssh://([^\s/@:]+@)?${machine}(/\S*)?)$`);

/** Where the engine is. Each has a variable of the Docker CLI's beside ours, and the same meaning as there. */
export const engineSettings = {
	dockerHost: setting({
		env: "BALLAST_DOCKER_HOST",
		envToo: "DOCKER_HOST",
		meaning: "the engine to follow; without it the Docker context's, as a rule unix:///var/run/docker.sock",
		expected: "unix:///path/of/a/socket, tcp://host:port or ssh://user@host",
		default: "",
		parse: emptyOr(matching(host)),
	}),
	dockerContext: setting({
		env: "BALLAST_DOCKER_CONTEXT",
		envToo: "DOCKER_CONTEXT",
		meaning: "the Docker context to follow; without it the current one",
		expected: "the name of a context, as docker context ls shows it",
		default: "",
		parse: emptyOr(matching(/^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/)),
	}),
	dockerConfig: setting({
		env: "BALLAST_DOCKER_CONFIG",
		envToo: "DOCKER_CONFIG",
		meaning: "the directory of Docker's config.json and contexts",
		expected: "an absolute path without spaces, or one that begins with ~/",
		default: "~/.docker",
		parse: pathFromHome,
	}),
	dockerTlsVerify: setting({
		env: "BALLAST_DOCKER_TLS_VERIFY",
		envToo: "DOCKER_TLS_VERIFY",
		meaning: "TLS to a tcp:// engine, with its certificate checked",
		expected: "on or off; Docker's 1 is on",
		default: "off",
		parse: (text) => (text === "1" ? true : onOff(text)),
	}),
	dockerCertPath: setting({
		env: "BALLAST_DOCKER_CERT_PATH",
		envToo: "DOCKER_CERT_PATH",
		meaning: "the directory of ca.pem, cert.pem and key.pem for that; without it, that of config.json",
		expected: "an absolute path without spaces",
		default: "",
		parse: emptyOr(absolutePath),
	}),
} as const;

type Row = { readonly name: string; readonly text: string; readonly from: string };

/**
 * A host and a context exclude each other, as with the Docker CLI: what is named nearer counts (a flag, our variable,
 * Docker's), of two variables equally near the host. The other then counts as not set.
 */
export function oneEngine<R extends Row>(rows: readonly R[]): readonly R[] {
	const nearness = (wanted: string) => nearnessOf(rows.find(({ name }) => name === wanted));
	const [host, context] = [nearness("dockerHost"), nearness("dockerContext")];
	if (host === 0 && context === 0) throw bothGiven();
	const loser = host <= context ? "dockerContext" : "dockerHost";
	return rows.map((row) => (row.name === loser ? { ...row, text: "", from: "default" } : row));
}

const nearest = ["--", "BALLAST_", "DOCKER_"] as const;

/** 0 for a flag; what is not set is the farthest. */
function nearnessOf(row: Row | undefined): number {
	const at = nearest.findIndex((start) => row?.from.startsWith(start));
	return at === -1 ? nearest.length : at;
}

function bothGiven(): AppError {
	const message = "--docker-host and --docker-context are both given, expected one of them";
	return new AppError("bad-setting", message, { hint: "leave one of them away" });
}
