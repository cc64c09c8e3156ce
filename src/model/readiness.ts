import type { Container } from "./container.ts";
import { deaf, type PortChoice } from "./deaf.ts";
import { type Endpoint, endpointKey, startOf } from "./endpoint.ts";
import type { Problem } from "./problem.ts";
import type { Reach } from "./reach.ts";
import type { Surroundings } from "./surroundings.ts";

export type Readiness = {
	readonly why: string;
	readonly problems: readonly Problem[];
	readonly probe?: Endpoint;
} & (
	| { readonly ready: true; readonly address: string }
	| { readonly ready: false; readonly failed: boolean }
);

/**
 * Healthy if it has a health check; else once its port accepts connections. That it must in any case when it has outlived
 * its stop, and when there is more than one address to choose from, or none that is known to be its own.
 */
export function readinessOf(
	container: Container,
	reach: Reach,
	port: PortChoice,
	around: Surroundings,
): Readiness {
	if (container.health === "starting")
		return waits("its health check has not passed yet", starting(container));
	if (container.health === "unhealthy")
		return { ready: false, why: "unhealthy", failed: true, problems: [unhealthy(container)] };
	const overdue = around.inventory.leaving.get(container.id)?.startedAt === container.startedAt;
	const [only] = reach.addresses;
	if (container.health === "healthy" && !overdue && reach.certain && only !== undefined)
		return { ready: true, why: "healthy", address: only, problems: [] };
	// One that outlived its stop has to answer anew: what it answered before the signal says nothing.
	const start = overdue ? `${startOf(container)} after its stop` : startOf(container);
	const addresses = inOrder(reach, around.addresses.get(container.id));
	const probe = { start, addresses, port: port.port };
	const answer = around.listening.get(endpointKey(probe));
	const why = container.health === "healthy" && !overdue ? "healthy" : "listening";
	if (answer?.kind === "listens") return { ready: true, why, address: answer.address, problems: [], probe };
	const problem = deaf({ container, reach, port, policy: around.policy }, answer);
	return { ...waits("its port does not answer yet", problem), probe };
}

function waits(why: string, problem: Problem): Readiness {
	return { ready: false, why, failed: false, problems: [problem] };
}

/** What it is served by now comes first: the other address may begin to answer later. */
function inOrder({ addresses }: Reach, present: string | undefined): readonly string[] {
	return present !== undefined && addresses.includes(present)
		? [present, ...addresses.filter((address) => address !== present)]
		: addresses;
}

function starting(container: Container): Problem {
	return {
		code: "health-starting",
		severity: "notice",
		subject: container.name,
		message: "its HEALTHCHECK has not passed yet",
		hint: "it joins as soon as Docker calls it healthy; a short --start-interval makes that sooner",
	};
}

function unhealthy(container: Container): Problem {
	return {
		code: "unhealthy",
		severity: "problem",
		subject: container.name,
		message: "Docker calls it unhealthy; it gets no requests until its HEALTHCHECK passes",
		hint: `see why with: docker inspect --format '{{json .State.Health}}' ${container.name}`,
	};
}
