import { type Attachment, addressOf, type Container, type Listening } from "./container.ts";
import { type Endpoint, endpointKey, hostPort, startOf } from "./endpoint.ts";
import type { Problem } from "./problem.ts";
import type { JoinPolicy, Surroundings } from "./surroundings.ts";

export type Readiness = {
	readonly ready: boolean;
	readonly why: string;
	readonly failed: boolean;
	readonly problems: readonly Problem[];
	readonly probe?: Endpoint;
};

/** Healthy if it has a health check; else, or when it has outlived its stop, once its port accepts connections. */
export function readinessOf(
	container: Container,
	at: Attachment,
	port: number,
	around: Surroundings,
): Readiness {
	if (container.health === "starting")
		return {
			ready: false,
			why: "its health check has not passed yet",
			failed: false,
			problems: [starting(container)],
		};
	if (container.health === "unhealthy")
		return { ready: false, why: "unhealthy", failed: true, problems: [unhealthy(container)] };
	const overdue = around.inventory.leaving.get(container.id)?.startedAt === container.startedAt;
	if (container.health === "healthy" && !overdue)
		return { ready: true, why: "healthy", failed: false, problems: [] };
	// One that outlived its stop has to answer anew: what it answered before the signal says nothing.
	const start = overdue ? `${startOf(container)} after its stop` : startOf(container);
	const probe = { start, address: addressOf(at), port };
	const answer = around.listening.get(endpointKey(probe));
	if (answer === "yes") return { ready: true, why: "listening", failed: false, problems: [], probe };
	return {
		ready: false,
		why: "its port does not answer yet",
		failed: false,
		problems: [deaf(container, probe, answer, around.policy)],
		probe,
	};
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

function deaf(
	container: Container,
	probe: Endpoint,
	answer: Listening | undefined,
	{ labels }: JoinPolicy,
): Problem {
	return {
		code: "not-listening",
		severity: answer === "silent" ? "problem" : "notice",
		subject: container.name,
		message: `nothing accepts connections at ${hostPort(probe)} yet; it joins as soon as something does`,
		hint: `let the app listen on 0.0.0.0, not on loopback alone, and at this port; another port is named by the label ${labels.prefix}port`,
	};
}
