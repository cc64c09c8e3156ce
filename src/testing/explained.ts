import { build } from "../model/build.ts";
import type { Container } from "../model/container.ts";
import type { Evidence } from "../model/evidence.ts";
import { membersOf, policyOf } from "../model/fleet.ts";
import { standingOf } from "../model/standing.ts";
import { type Explanation, explain } from "../model/why.ts";
import { type Circumstances, container, surroundings } from "./containers.ts";

export type Around = Circumstances & { readonly over?: (evidence: Evidence) => Partial<Evidence> };

/** As if the whole draft were in force, unless told otherwise. */
export function explained(of: Container, { over = () => ({}), ...circumstances }: Around = {}): Explanation {
	const around = surroundings({ ...circumstances, containers: [of, ...(circumstances.containers ?? [])] });
	const { fleet, problems, standings } = build(around);
	const standing = standings.find(({ container: { id } }) => id === of.id) ?? standingOf(of, around);
	const inForce = membersOf(fleet).find(({ server }) => server.container.id === of.id);
	const pool = fleet.pools.find(({ name }) => name === inForce?.pool);
	const evidence: Evidence = {
		standing,
		inForce,
		isProxy: false,
		isGoing: false,
		poolPolicy: pool === undefined ? {} : policyOf(pool),
		policy: around.policy,
		problems,
		since: undefined,
		haproxy: "UP",
	};
	return explain({ ...evidence, ...over(evidence) });
}

/** A container that joins, with these labels besides. */
export function labelled(labels: Record<string, string>, over: Partial<Container> = {}): Container {
	return container("web", { ...over, labels });
}
