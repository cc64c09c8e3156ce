/** HAProxy's `show stat` of a pool at one moment; times are of a monotonic clock, in milliseconds. */
export type Sample = {
	readonly at: number;
	/** S: the sum of `scur` of the servers that are not draining. */
	readonly inFlight: number;
	/** Q: `qcur` of the pool and of its servers. */
	readonly queued: number;
	/** `req_tot`: it only grows, and begins at 0 again in a process that knows nothing of the one before. */
	readonly requests: number;
	/** W = `ctime` + `rtime`: HAProxy's mean over the last 1024 requests, however long ago they were. */
	readonly responseMs: number;
	/** `qtime`, likewise. */
	readonly queueMs: number;
	/** The containers' mean share, 0 to 1, of what they may use of the processors. */
	readonly cpu?: number;
};

/** What the samples between two decisions come to: means, but for what was counted. */
export type Reading = {
	/** Of its newest sample. */
	readonly at: number;
	readonly samples: number;
	readonly inFlight: number;
	readonly queued: number;
	readonly responseMs: number;
	readonly queueMs: number;
	/** Requests that came, and that were answered, in so many milliseconds; 0 ms where it can't be told. */
	readonly requests: number;
	readonly answered: number;
	readonly ms: number;
	/** Processors in use, in containers at their limit. */
	readonly cpu: number | undefined;
};

export type Watch = {
	/** The first and the newest sample of an unbroken row. */
	readonly since: number | undefined;
	readonly newest: Sample | undefined;
	/** Since which sample nothing has come, waited, or been in flight; undefined: something is. */
	readonly quietSince: number | undefined;
	/** Of the last 30 s. */
	readonly readings: readonly Reading[];
};

export const noWatch: Watch = {
	since: undefined,
	newest: undefined,
	quietSince: undefined,
	readings: [],
};

/** Samples older than this say nothing of now, in milliseconds. */
export const staleMs = 3_000;
/** What the longer mean looks back, in milliseconds. */
const longMs = 30_000;

/** `samples`: those since the last decision; `ready`: the containers that their `cpu` is the mean of. */
export function watching(before: Watch, samples: readonly Sample[], ready: number): Watch {
	const { newest } = before;
	const news = samples.filter(isWhole).filter(({ at }) => newest === undefined || at > newest.at);
	const [first, last] = [news[0], news.at(-1)];
	if (first === undefined || last === undefined) return before;
	// What is seen again after a gap is a start: what was in between nobody knows.
	const known = newest !== undefined && first.at - newest.at <= staleMs ? before : noWatch;
	const reading = readingOf(news, known.newest, ready);
	return {
		since: known.since ?? first.at,
		newest: last,
		// While nobody is ready, there is nothing to be idle.
		quietSince: ready === 0 ? undefined : quietSince(known, news),
		readings: [...known.readings.filter(({ at }) => at > last.at - longMs), reading],
	};
}

function quietSince({ newest, quietSince: before }: Watch, news: readonly Sample[]): number | undefined {
	let [quiet, last] = [before, newest];
	for (const sample of news) {
		const isBusy = sample.inFlight + sample.queued > 0;
		const isQuiet = !isBusy && quiet !== undefined && sample.requests === last?.requests;
		if (!isQuiet) quiet = isBusy ? undefined : sample.at;
		last = sample;
	}
	return quiet;
}

/** A field that HAProxy leaves empty is no zero. */
function isWhole({ cpu = 0, ...sample }: Sample): boolean {
	return [cpu, ...Object.values(sample)].every((value) => Number.isFinite(value) && value >= 0);
}

function readingOf(news: readonly Sample[], before: Sample | undefined, ready: number): Reading {
	const cpus = news.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
	return {
		at: news.at(-1)?.at ?? 0,
		samples: news.length,
		inFlight: meanOf(news.map(({ inFlight }) => inFlight)),
		queued: meanOf(news.map(({ queued }) => queued)),
		responseMs: meanOf(news.map(({ responseMs }) => responseMs)),
		queueMs: meanOf(news.map(({ queueMs }) => queueMs)),
		...countOf(before === undefined ? news : [before, ...news]),
		// With the containers of this moment: the mean of 30 s of shares, times those of now, would count newcomers twice.
		cpu: cpus.length === 0 ? undefined : meanOf(cpus) * ready,
	};
}

/** Where the counter has begun anew, that stretch is left out, its time as well. */
function countOf(row: readonly Sample[]): Pick<Reading, "requests" | "answered" | "ms"> {
	const stretches = row.slice(1).map((sample, index) => {
		const before = row[index] ?? sample;
		const requests = sample.requests - before.requests;
		const pending = sample.inFlight + sample.queued - before.inFlight - before.queued;
		return { requests, answered: requests - pending, ms: sample.at - before.at };
	});
	const whole = stretches.filter(({ requests }) => requests >= 0);
	return {
		requests: sumOf(whole.map(({ requests }) => requests)),
		answered: sumOf(whole.map(({ answered }) => answered)),
		ms: sumOf(whole.map(({ ms }) => ms)),
	};
}

function meanOf(values: readonly number[]): number {
	return sumOf(values) / values.length;
}

function sumOf(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0);
}
