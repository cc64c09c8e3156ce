import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { nameOf, type SshHost } from "./host.ts";

/** How an ssh that was to lead to an engine has ended. */
export type SshEnd = {
	/** Undefined when it did not start, or a signal ended it. */
	readonly exitCode: number | undefined;
	/** The end of its standard error. */
	readonly said: string;
	readonly cause: unknown;
};

type Kind = {
	readonly sign: RegExp;
	readonly code?: "docker-unreachable";
	readonly message: (engine: string) => string;
	readonly hint: (host: SshHost) => string;
};

/** What OpenSSH, the shell over there and `docker system dial-stdio` say, first found first. */
const kinds: readonly Kind[] = [
	{
		sign: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
		message: (engine) => `The host key of ${engine} is another than known_hosts has`,
		hint: () => `was that machine made anew? If so, take its new key into ${sshFile("known_hosts")}`,
	},
	{
		sign: /Host key verification failed|No .* host key is known for/,
		message: (engine) => `The host key of ${engine} is not known`,
		hint: ({ hostname, port }) => {
			const scan = `ssh-keyscan ${port === undefined ? "" : `-p ${port} `}${hostname}`;
			return `mount ${sshFile("known_hosts")} with a line for it: ${scan} prints one, to be compared with the machine's own`;
		},
	},
	{
		sign: /Permission denied \(|Too many authentication failures|Load key|UNPROTECTED PRIVATE KEY/,
		message: (engine) => `${engine} does not let us in`,
		hint: ({ user }) =>
			`mount a key without a passphrase at ${sshFile("id_ed25519")}, owned by user ${process.getuid?.()}, mode 600, ` +
			`and add its public half to the authorized_keys of ${user ?? "the user"} there`,
	},
	{
		sign: /docker: (command )?not found|docker: No such file|'docker' is not recognized/,
		message: (engine) => `There is no program docker at ${engine}`,
		hint: () => "install Docker's command line there (docker-cli), in the PATH of that user's shell",
	},
	{
		sign: /permission denied while trying to connect|dial unix .*permission denied/i,
		message: (engine) => `The user at ${engine} may not use the engine`,
		hint: () => "add that user to the group docker there",
	},
	{
		sign: /Cannot connect to the Docker daemon|failed to connect to the docker API|failed to open the raw stream/i,
		code: "docker-unreachable",
		message: (engine) => `No engine runs at ${engine}`,
		hint: () => "start it there; it is asked again until it answers",
	},
	{
		sign: /ssh: connect to host|Could not resolve hostname|Connection (closed|reset|timed out)|kex_exchange/,
		code: "docker-unreachable",
		message: (engine) => `${engine} can't be reached`,
		hint: () => "does an sshd listen there? It is asked again until it answers",
	},
];

/** Says for a person why there is no way to the engine by ssh. */
export function sshFailure(host: SshHost, { exitCode, said, cause }: SshEnd): AppError {
	const engine = `Docker at ${nameOf(host)}`;
	if (exitCode === undefined && said === "")
		return new AppError("docker-ssh", "The program ssh could not be started, or was ended", {
			cause,
			hint: "install OpenSSH's client (openssh-client), or run Ballast in its image, which has it",
		});
	const known = kinds.find(({ sign }) => sign.test(said));
	const end = exitCode === undefined ? "ssh was ended" : `ssh ended with exit code ${exitCode}`;
	const message = known?.message(engine) ?? `The way to ${engine} is closed: ${end}`;
	return new AppError(known?.code ?? "docker-ssh", message, {
		cause: new Error(reasonIn(said)),
		hint: known?.hint(host) ?? "try it as the same user: ssh, the host, and docker version",
	});
}

/** The last line that says something; ssh frames a warning in @ signs. */
function reasonIn(said: string): string {
	const lines = said.split(/\r?\n/).filter((line) => /[a-z]/i.test(line));
	return lines.at(-1)?.trim() ?? "it gave no reason";
}

/** ssh goes by the user's entry in /etc/passwd, not by $HOME. */
function sshFile(name: string): string {
	return join(homeOfUser(), ".ssh", name);
}

function homeOfUser(): string {
	try {
		return userInfo().homedir;
	} catch {
		return homedir();
	}
}
