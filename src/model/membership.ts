import { addressesOf, type Self } from "./container.ts";
import { hostPort } from "./endpoint.ts";
import { type Fleet, type Member, membersOf } from "./fleet.ts";
import type { Standing } from "./standing.ts";

/** One line of the membership log: who came or went, where, and why. */
export type MembershipEvent = {
	readonly event: "join" | "leave" | "failed";
	readonly role: "backend" | "balancer";
	/** The container's name, and its full id. */
	readonly name: string;
	readonly id: string;
	/** `ip:port`, or `[ip]:port`; an ip alone for the balancer. */
	readonly address: string;
	/** Empty for the balancer. */
	readonly pool: string;
	/** A clause such as `healthy`, `told to stop (SIGTERM)` or `died, exit code 137`. */
	readonly why: string;
};

/** What scaling did to a container, and why; it joins and leaves like any other. */
export type ScaleEvent = Omit<MembershipEvent, "event"> & { readonly event: "scale-up" | "scale-down" };

/** An event as it is written down. */
export type LoggedEvent = {
	readonly [Field in "time" | keyof MembershipEvent]: string;
};

/**
 * Who came and who went between two fleets, leaves first; `standings` tell why. One that has ended and started again since
 * left and joined, though both fleets have it.
 */
export function membershipChanges(
	before: Fleet,
	after: Fleet,
	standings: readonly Standing[],
): readonly MembershipEvent[] {
	const was = new Map(membersOf(before).map((member) => [memberKey(member), member]));
	const is = new Map(membersOf(after).map((member) => [memberKey(member), member]));
	const byContainer = new Map(standings.map((standing) => [standing.container.id, standing]));
	const isAnew = ({ server }: Member) => byContainer.get(server.container.id)?.before !== undefined;
	const left = [...was]
		.filter(([key, member]) => !is.has(key) || isAnew(member))
		.map(([, member]) => leaveOf(member, byContainer, is));
	const joined = [...is]
		.filter(([key, member]) => !was.has(key) || isAnew(member))
		.map(([, member]) =>
			eventOf("join", member, byContainer.get(member.server.container.id)?.why ?? "found running"),
		);
	return [...left, ...joined];
}

/** A server that has another address or pool than before is another member: the old one left, a new one joined. */
function memberKey({ pool, server }: Member): string {
	return `${pool} ${server.container.id} ${server.address} ${server.port}`;
}

function leaveOf(
	member: Member,
	standings: ReadonlyMap<string, Standing>,
	present: ReadonlyMap<string, Member>,
): MembershipEvent {
	const standing = standings.get(member.server.container.id);
	if (standing === undefined) return eventOf("leave", member, "removed");
	if (standing.before !== undefined)
		return eventOf(standing.before.failed ? "failed" : "leave", member, standing.before.why);
	if (standing.member === undefined)
		return eventOf(standing.failed ? "failed" : "leave", member, standing.why);
	const moved = present.get(memberKey(standing.member));
	return eventOf(
		"leave",
		member,
		moved === undefined
			? "quarantined: HAProxy refuses its configuration"
			: "it moved to another address or pool",
	);
}

function eventOf(event: MembershipEvent["event"], { pool, server }: Member, why: string): MembershipEvent {
	const { id, name } = server.container;
	return { event, role: "backend", name, id, address: hostPort(server), pool, why };
}

/** The proxy's own start. */
export function balancerJoin({ container }: Self): MembershipEvent {
	const at = container?.networks[0];
	return {
		event: "join",
		role: "balancer",
		name: container?.name ?? "ballast",
		id: container?.id ?? "",
		address: at === undefined ? "" : (addressesOf(at)[0] ?? ""),
		pool: "",
		why: container === undefined ? "started outside a container" : "started",
	};
}
