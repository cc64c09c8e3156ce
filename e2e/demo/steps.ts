/** What one step of the demo does, and who serves after it. */
export type Step = {
	/** The name of its directory of evidence. */
	readonly name: string;
	readonly title: string;
	readonly act: Act;
	readonly serving: readonly string[];
};

export type Act =
	| { readonly kind: "nothing" }
	| { readonly kind: "start" | "stop" | "kill"; readonly server: string };

export const proxyName = "lb";
export const serverNames = ["s1", "s2", "s3"] as const;

export const steps: readonly Step[] = [
	{ name: "0-none", title: "The proxy alone: no server yet", act: { kind: "nothing" }, serving: [] },
	{ name: "1-s1", title: "s1 starts", act: { kind: "start", server: "s1" }, serving: ["s1"] },
	{ name: "2-s2", title: "s2 starts", act: { kind: "start", server: "s2" }, serving: ["s1", "s2"] },
	{ name: "3-s3", title: "s3 starts", act: { kind: "start", server: "s3" }, serving: ["s1", "s2", "s3"] },
	{
		name: "4-one-stops",
		title: "s2 is told to stop",
		act: { kind: "stop", server: "s2" },
		serving: ["s1", "s3"],
	},
	{
		name: "5-one-killed",
		title: "s3 is killed",
		act: { kind: "kill", server: "s3" },
		serving: ["s1"],
	},
];
