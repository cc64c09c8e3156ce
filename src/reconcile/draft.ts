import { build, type Draft } from "../model/build.ts";
import type { Inventory, Listening } from "../model/container.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";
import { type Hold, type Member, membersOf } from "../model/fleet.ts";
import { createJudge } from "../model/judge.ts";
import { isOurs, type Running } from "../model/running.ts";
import type { JoinPolicy } from "../model/surroundings.ts";
import type { InForce, Ports } from "./ports.ts";

/**
 * What should be, from the inventory and from what the probe knows. In the first draft every port has been tried once:
 * a controller that restarts must not empty its pools, nor HAProxy start without those that listen already. A member
 * that the controller finds in force and that is too busy to answer the probe stays until the probe calls it silent.
 */
export function createDraft(
	probe: Ports["probe"],
	held: () => ReadonlyMap<string, Hold>,
	policy: JoinPolicy,
): (
	inventory: Inventory,
	before: InForce,
	running: Running | undefined,
	signal: AbortSignal,
) => Promise<Draft> {
	const judge = createJudge();
	/** By id, of each container that is still there and was a member once, whatever it is called since. */
	let names: ReadonlyMap<string, string> = new Map();
	/** Endpoints, by key, that the first draft found among the members in force, with the address of each. */
	let trusted: ReadonlyMap<string, string> | undefined;

	function listening(): ReadonlyMap<string, Listening> {
		return new Map(
			[...probe.listening()].map(([key, answer]) => [key, orTrusted(answer, trusted?.get(key))]),
		);
	}

	return async (inventory, before, running, signal) => {
		const members = before === undefined ? [] : membersOf(before.fleet);
		const there = new Set(inventory.containers.map(({ id }) => id));
		const inForce = members.map(({ server }) => [server.container.id, server.name] as const);
		const known = [...namesIn(running, there), ...names, ...inForce];
		names = new Map(known.filter(([id]) => there.has(id)));
		const addresses = new Map(members.map(({ server }) => [server.container.id, server.address]));
		const draft = (): Draft =>
			build({ inventory, listening: listening(), names, addresses, held: held(), policy }, judge);

		const first = draft();
		probe.watch(first.probes);
		if (trusted !== undefined) return first;
		await probe.settled(signal);
		trusted = new Map(
			first.probes.flatMap((endpoint) => {
				const address = presentAddress(endpoint, members);
				return address === undefined ? [] : [[endpointKey(endpoint), address]];
			}),
		);
		return draft();
	};
}

/**
 * The names that the process has for these containers: a record of them may be lost, and another name is another server.
 * Whose digits are another's, too, goes by the record alone.
 */
function namesIn(
	running: Running | undefined,
	containers: ReadonlySet<string>,
): readonly (readonly [id: string, name: string])[] {
	const ours = new Map(
		[...(running?.servers.values() ?? [])].filter(isOurs).map(({ server }) => [server.slice(-8), server]),
	);
	const byDigits = Map.groupBy(containers, (id) => id.slice(0, 8));
	return [...byDigits].flatMap(([digits, [id = "", ...others]]) => {
		const name = ours.get(digits);
		return name === undefined || others.length > 0 ? [] : [[id, name] as const];
	});
}

function orTrusted(answer: Listening, address: string | undefined): Listening {
	if (address === undefined || answer.kind === "listens" || answer.overdue) return answer;
	return { kind: "listens", address };
}

function presentAddress(
	{ start, addresses, port }: Endpoint,
	members: readonly Member[],
): string | undefined {
	const present = members.find(({ server }) => {
		const isIts = start.startsWith(`${server.container.id}@`) && server.port === port;
		return isIts && addresses.includes(server.address);
	});
	return present?.server.address;
}
