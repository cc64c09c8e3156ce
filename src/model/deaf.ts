import type { ConnectFault, Container, Listening } from "./container.ts";
import { hostPort } from "./endpoint.ts";
import type { Problem } from "./problem.ts";
import type { Reach } from "./reach.ts";
import type { JoinPolicy } from "./surroundings.ts";

/** A port, and who named it. */
export type PortChoice = { readonly port: number; readonly from: "label" | "exposed" | "setting" };

type Asked = {
	readonly container: Container;
	readonly reach: Reach;
	readonly port: PortChoice;
	readonly policy: JoinPolicy;
};

/**
 * The problem of a container whose port accepts no connection: what was seen there, and what helps against that. It is seen
 * anew at each try: it belongs into the hint, for another message is another problem, and told as one.
 */
export function deaf(asked: Asked, answer: Exclude<Listening, { kind: "listens" }> | undefined): Problem {
	const { container, reach, port } = asked;
	const places = reach.addresses.map((address) => hostPort({ address, port: port.port }));
	const at = places.length > 1 ? `neither at ${places.join(" nor at ")}` : `at ${places.join()}`;
	const fault = answer?.fault;
	const seen = fault === undefined ? "" : `${findings[fault]}; `;
	return {
		code: "not-listening",
		severity: answer?.overdue === true ? "problem" : "notice",
		subject: container.name,
		message: `nothing accepts connections ${at} yet; it joins as soon as something does`,
		hint: `${seen}${remedies[fault ?? "refused"](asked)}`,
	};
}

const findings: Readonly<Record<ConnectFault, string>> = {
	refused: "refused: the address is there, and nothing listens at that port",
	"no-answer": "no answer within half a second",
	"no-way": "the proxy has no way to that address",
};

const remedies: Readonly<Record<ConnectFault, (asked: Asked) => string>> = {
	refused: ({ port, policy }) => {
		const label = `${policy.labels.prefix}port`;
		return `let the app listen on 0.0.0.0, not on loopback alone, and at this port, which ${namedBy(port, label)}`;
	},
	"no-answer": (asked) => {
		const { name } = asked.container;
		return `see whether it is frozen or overloaded (docker stats ${name}), and whether a firewall, its own or the host's, drops what the proxy sends${another(asked)}`;
	},
	"no-way": (asked) =>
		`see why the proxy has no route, or no IPv6, there (docker inspect ${asked.container.name}), or let both share another network${another(asked)}`,
};

function namedBy({ from }: PortChoice, label: string): string {
	if (from === "label") return `its label ${label} names`;
	if (from === "setting")
		return `BALLAST_PORT names for all that don't say; the label ${label} names another`;
	return `is the only one that its image exposes; if it listens at another, name that by the label ${label}`;
}

function another({ reach, policy }: Asked): string {
	const others = reach.shared.filter((network) => network !== reach.network);
	if (others.length === 0) return "";
	return `; the label ${policy.labels.prefix}network can name another that both are in: ${others.join(", ")}`;
}
