import type { PoolLoad } from "../model/pool-load.ts";
import type { Sample } from "../model/scale-watch.ts";

/** What HAProxy has counted of one pool. */
export type Gauge = {
	/** @param going the servers of those that are on their way out: what they finish asks for nobody */
	readonly sampled: (load: PoolLoad | undefined, at: number, going: ReadonlySet<string>) => void;
	/** Those since the last call. */
	readonly take: () => readonly Sample[];
	/** The latest; undefined while HAProxy does not answer. */
	readonly load: () => PoolLoad | undefined;
};

/** While nothing can be decided, they are not taken: as many as the law looks back, 30 s of four a second. */
const most = 120;

/** @param cpu what the containers use of the processors, at this moment; undefined: not known */
export function createGauge(cpu: () => number | undefined = () => undefined): Gauge {
	let latest: PoolLoad | undefined;
	let samples: readonly Sample[] = [];

	return {
		sampled: (load, at, going) => {
			latest = load;
			if (load === undefined) return;
			const { queued, requests, queueMs, responseMs } = load;
			const staying = load.servers.filter(({ server }) => !going.has(server));
			const inFlight = staying.reduce((sum, { current }) => sum + current, 0);
			const used = cpu();
			const sample = { at, inFlight, queued, requests, queueMs, responseMs };
			samples = [...samples, used === undefined ? sample : { ...sample, cpu: used }].slice(-most);
		},
		take: () => {
			const taken = samples;
			samples = [];
			return taken;
		},
		load: () => latest,
	};
}
