import { readFileSync } from "node:fs";
import { templateOf } from "../docker/template.ts";
import type { CloneOrder } from "../model/clone.ts";
import type { Template } from "../model/template.ts";

/** What `docker inspect` of engine 26.1 said of containers that were run with many options, and by Compose 2.26. */
export type Saved = "many-options" | "of-compose";

/** As a test may change it; only what tests look at has its type. */
export type Inspected = {
	Id: string;
	Name: string;
	Image: string;
	Config: Record<string, unknown> & { Labels: Record<string, string> };
	HostConfig: Record<string, unknown>;
	NetworkSettings: { Networks: Record<string, Record<string, unknown>> };
};

export function savedInspect(
	name: Saved,
	change: (inspected: Inspected) => void = () => undefined,
): Inspected {
	const file = new URL(`../docker/testdata/${name}.json`, import.meta.url);
	const inspected: Inspected = JSON.parse(readFileSync(file, "utf8"));
	change(inspected);
	return inspected;
}

export function savedTemplate(name: Saved, change?: (inspected: Inspected) => void): Template {
	return templateOf(savedInspect(name, change));
}

/** The first clone, as strict as can be. */
export const firstClone: CloneOrder = {
	ordinal: 1,
	owner: "proxy-1",
	prefix: "ballast.",
	compose: "join",
	volumes: "refuse",
	ports: "refuse",
};
