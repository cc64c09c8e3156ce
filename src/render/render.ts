import type { Fleet } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import type { Templates } from "./engine.ts";
import type { ProxyOptions } from "./options.ts";

export function render(_fleet: Fleet, _options: ProxyOptions, _templates: Templates): Generation {
	throw new Error("to be written");
}
