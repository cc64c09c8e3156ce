import * as v from "valibot";
import { answerOf, fullId } from "./answer.ts";
import type { Engine } from "./engine.ts";
import { isSelf } from "./self.ts";

/** A proxy that runs on the engine, and the environment that it was given. */
export type Peer = {
	readonly id: string;
	readonly name: string;
	/** In milliseconds since 1970. */
	readonly createdAt: number;
	readonly env: Readonly<Record<string, string>>;
};

export type Peers = {
	/**
	 * Those that are older than the container `self`, oldest first; none where that is no container of our image. Throws
	 * `AppError` as the engine does.
	 */
	readonly elders: (self: string | undefined, signal: AbortSignal) => Promise<readonly Peer[]>;
};

/** What our image carries (`images/proxy/Dockerfile`). */
const mark = "io.ballast.image=proxy";

const listed = v.array(v.object({ Id: fullId }));

const inspected = v.object({
	Id: fullId,
	Name: v.string(),
	Created: v.string(),
	Config: v.object({ Env: v.optional(v.nullable(v.array(v.string()), []), []) }),
});

export function createPeers({ ask, inspect }: Engine): Peers {
	return {
		elders: async (self, signal) => {
			// One that is paused does nothing.
			const filters = { label: [mark], status: ["running"] };
			const answer = await ask(
				(docker, abortSignal) => docker.listContainers({ filters, abortSignal }),
				signal,
			);
			const all = answerOf(listed, answer, "a list of containers");
			if (all.length < 2) return [];
			// The list tells of seconds alone.
			const found = await Promise.all(all.map(({ Id }) => inspect(Id, signal)));
			const byAge = found
				.filter((one) => one !== undefined)
				.map(peerOf)
				.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
			const own = byAge.findIndex(({ id }) => isSelf(id, self));
			return byAge.slice(0, Math.max(0, own));
		},
	};
}

function peerOf(json: unknown): Peer {
	const { Id, Name, Created, Config } = answerOf(inspected, json, "an inspected container");
	const pairs = Config.Env.map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]);
	return {
		id: Id,
		name: Name.replace(/^\//, ""),
		createdAt: Date.parse(Created),
		env: Object.fromEntries(pairs),
	};
}
