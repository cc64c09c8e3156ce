/** One line of the membership log: who came or went, where, and why. */
export type MembershipEvent = {
	readonly event: "join" | "leave" | "failed";
	readonly role: "backend" | "balancer";
	/** The container's name, and its full id. */
	readonly name: string;
	readonly id: string;
	/** `ip:port`, or `[ip]:port`; empty for the balancer. */
	readonly address: string;
	/** Empty for the balancer. */
	readonly pool: string;
	/** A clause such as `healthy`, `told to stop (SIGTERM)` or `died, exit code 137`. */
	readonly why: string;
};
