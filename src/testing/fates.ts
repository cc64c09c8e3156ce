import type { Container } from "../model/container.ts";

type Fate = readonly [over: Partial<Container>, ...actions: readonly string[]];

/** What becomes of a container, and what Docker tells of that. */
export const dockerStop: Fate = [{ state: "exited" }, "kill", "die", "stop"];
export const dockerKill: Fate = [{ state: "exited", exitCode: 137 }, "kill", "die"];
export const dockerRemove: Fate = [{ state: "exited" }, "kill", "die", "destroy"];
export const crash: Fate = [{ state: "exited", exitCode: 1 }, "die"];
