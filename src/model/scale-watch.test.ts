import { describe, expect, test } from "vitest";
import { sample } from "../testing/scaling.ts";
import { noWatch, type Watch, watching } from "./scale-watch.ts";

function row(...samples: readonly Parameters<typeof sample>[0][]): Watch {
	return watching(noWatch, samples.map(sample), 2);
}

describe("what is counted", () => {
	test("requests that came, and that were answered, of what is known from before and now", () => {
		const before = row({ at: 0, requests: 100, inFlight: 5 });
		const after = watching(before, [sample({ at: 1_000, requests: 160, inFlight: 20, queued: 5 })], 2);

		expect(after.readings.at(-1)).toMatchObject({ requests: 60, answered: 40, ms: 1_000 });
	});

	test("a counter that begins anew is neither a negative number nor a spike", () => {
		const { readings } = row(
			{ at: 0, requests: 9_000 },
			{ at: 250, requests: 9_010 },
			{ at: 500, requests: 4 },
			{ at: 750, requests: 14 },
		);

		expect(readings).toMatchObject([{ requests: 20, ms: 500 }]);
	});

	test("of a single sample nothing can be told", () => {
		expect(row({ at: 500, requests: 9_000 }).readings).toMatchObject([{ requests: 0, ms: 0 }]);
	});
});

describe("what is missing", () => {
	test("a number that is none makes no sample, and so no zero", () => {
		expect(row({ at: 0, inFlight: Number.NaN }, { at: 250, responseMs: Number.NaN })).toEqual(noWatch);
	});

	test("a sample without processors is one, and says nothing of them", () => {
		expect(row({ at: 0, inFlight: 4 }).readings).toMatchObject([{ inFlight: 4, cpu: undefined }]);
		expect(row({ at: 0 }, { at: 250, cpu: 0.5 }).readings).toMatchObject([{ cpu: 1 }]);
	});

	test("what comes after a gap knows nothing of what was before", () => {
		const before = row({ at: 0, inFlight: 9 }, { at: 250, inFlight: 9 });
		const near = watching(before, [sample({ at: 3_250, inFlight: 1 })], 2);
		const far = watching(before, [sample({ at: 3_251, inFlight: 1 })], 2);

		expect(near).toMatchObject({ since: 0, readings: [{ inFlight: 9 }, { inFlight: 1 }] });
		expect(far).toMatchObject({ since: 3_251, readings: [{ inFlight: 1 }] });
	});

	test("a sample that was seen already is not seen again", () => {
		const before = row({ at: 0 }, { at: 250 });

		expect(watching(before, [sample({ at: 250 })], 2)).toBe(before);
	});
});
