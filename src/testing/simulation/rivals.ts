import type { Sample } from "../../model/scale-watch.ts";
import { type Law, nothing, towards } from "./law.ts";

/* The rules of others, as their documentation has them, on the same samples. In flight means with them what waits in the
 * balancer as well: they know no queue but the container's own. */

/**
 * Kubernetes' HorizontalPodAutoscaler with its defaults: every 15 s, a tolerance of 10 %, 300 s of stabilisation downwards,
 * upwards the larger of 4 pods and 100 % per 15 s.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
export const hpa: Law = {
	name: "HPA",
	begin: (policy) => {
		const turn = createTurn(15_000);
		const seen = createHistory(15_000);
		let wants: { readonly at: number; readonly want: number }[] = [];
		return (observed) => {
			const { now, ready, starting } = observed;
			seen.add(observed.samples, now);
			if (!turn(now) || seen.isEmpty() || ready === 0) return nothing;
			const ratio = seen.mean(concurrency) / ready / policy.target;
			const want = Math.abs(ratio - 1) <= 0.1 ? ready + starting : Math.ceil(ratio * ready);
			wants = [...wants.filter(({ at }) => at > now - 300_000), { at: now, want }];
			const stable = Math.max(...wants.map((one) => one.want));
			const have = ready + starting;
			if (want > have) return towards(Math.min(want, have + Math.max(4, have)), observed, policy);
			return stable < have ? towards(stable, observed, policy) : nothing;
		};
	},
};

/**
 * Knative's KPA with its defaults: every 2 s, a stable window of 60 s, a panic window of a tenth that is entered at twice the
 * capacity and kept for 60 s, at most halved at a time. Its target utilization of 70 % is the share that our target is of
 * maxconn. https://knative.dev/docs/serving/autoscaling/kpa-specific/
 */
export const knative: Law = {
	name: "Knative",
	begin: (policy) => {
		const turn = createTurn(2_000);
		const [stable, short] = [createHistory(60_000), createHistory(6_000)];
		const panic = createPanic();
		return (observed) => {
			const { now, ready, starting } = observed;
			stable.add(observed.samples, now);
			short.add(observed.samples, now);
			if (!turn(now) || short.isEmpty()) return nothing;
			const want = Math.ceil(stable.mean(concurrency) / policy.target);
			const sudden = Math.ceil(short.mean(concurrency) / policy.target);
			const have = ready + starting;
			const wanted = panic(now, sudden >= 2 * Math.max(1, ready), Math.max(have, want, sudden)) ?? want;
			const within = Math.min(1000 * Math.max(1, ready), Math.max(Math.floor(have / 2), wanted));
			return towards(within, observed, policy);
		};
	},
};

/** While it panics, Knative never wants fewer than before. */
function createPanic(): (now: number, isSudden: boolean, want: number) => number | undefined {
	let since = Number.NEGATIVE_INFINITY;
	let most = 0;
	return (now, isSudden, want) => {
		if (isSudden) since = now;
		most = now - since < 60_000 ? Math.max(most, want) : 0;
		return most === 0 ? undefined : most;
	};
}

/** What those do that poll the processors: every 15 s, one more above 80 %, one fewer below 20 %. */
export const cpuPoller: Law = {
	name: "CPU ±1",
	begin: (policy) => {
		const turn = createTurn(15_000);
		const seen = createHistory(15_000);
		return (observed) => {
			const { now, ready, starting } = observed;
			seen.add(observed.samples, now);
			if (!turn(now) || seen.isEmpty()) return nothing;
			const cpu = seen.mean((sample) => sample.cpu ?? 0);
			const step = cpu > 0.8 ? 1 : cpu < 0.2 ? -1 : 0;
			return towards(ready + starting + step, observed, policy);
		};
	},
};

/** What is in flight at this moment over the target, every second, and nothing remembered. */
export const raw: Law = {
	name: "raw",
	begin: (policy) => (observed) => {
		const newest = observed.samples.at(-1);
		if (newest === undefined) return nothing;
		return towards(Math.ceil(concurrency(newest) / policy.target), observed, policy);
	},
};

export function concurrency({ inFlight, queued }: Sample): number {
	return inFlight + queued;
}

function createTurn(everyMs: number): (now: number) => boolean {
	let last = Number.NEGATIVE_INFINITY;
	return (now) => {
		if (now - last < everyMs) return false;
		last = now;
		return true;
	};
}

type History = {
	readonly add: (samples: readonly Sample[], now: number) => void;
	readonly mean: (value: (sample: Sample) => number) => number;
	readonly isEmpty: () => boolean;
};

function createHistory(ms: number): History {
	let history: Sample[] = [];
	return {
		add: (samples, now) => {
			history = [...history.filter(({ at }) => at > now - ms), ...samples];
		},
		mean: (value) => history.reduce((sum, sample) => sum + value(sample), 0) / history.length,
		isEmpty: () => history.length === 0,
	};
}
