import {
	type LabelType,
	oneOf,
	parseMilliseconds,
	parseRange,
	parseSeconds,
	parseShare,
	wholeNumber,
	within,
} from "./label-parsers.ts";

/** What a container asks for about how many of it there shall be. All of it is about the pool. */
export const scaleVocabulary = {
	scale: {
		expected: "a number from 1 to 1000, or a range such as `1-8`, which may begin at 0",
		example: "1-8",
		parse: parseRange,
	},
	"scale.compose": { expected: "join or detach", example: "detach", parse: oneOf("join", "detach") },
	"scale.cpu": {
		expected: "a share such as `70%`, from 1% to 100%, or off",
		example: "70%",
		parse: parseShare,
	},
	"scale.down-after": {
		expected: "a time such as `60s` or `5m`, 24h at most",
		example: "5m",
		parse: parseSeconds,
	},
	"scale.hold": {
		// Less than HAProxy waits for a client, which some that wait here are in the middle of an upload.
		expected: "a time from `1s` to `50s`",
		example: "30s",
		parse: within(1, 50, parseSeconds),
	},
	"scale.hold-max": {
		expected: "a whole number from 1 to 10000",
		example: "256",
		parse: wholeNumber(1, 10_000),
	},
	"scale.idle": {
		expected: "a time from `1s` to `24h`",
		example: "5m",
		parse: within(1, 86_400, parseSeconds),
	},
	"scale.mode": {
		expected: "auto, advise, up-only or paused",
		example: "advise",
		parse: oneOf("auto", "advise", "up-only", "paused"),
	},
	"scale.ports": { expected: "refuse or drop", example: "drop", parse: oneOf("refuse", "drop") },
	"scale.queue": {
		expected: "a time such as `100ms` or `2s`, 60s at most",
		example: "100ms",
		parse: parseMilliseconds,
	},
	"scale.ready": {
		expected: "a time from `1s` to `24h`",
		example: "60s",
		parse: within(1, 86_400, parseSeconds),
	},
	"scale.rps": {
		expected: "a whole number from 1 to 1000000",
		example: "200",
		parse: wholeNumber(1, 1_000_000),
	},
	"scale.target": {
		expected: "a whole number from 1 to 100000",
		example: "20",
		parse: wholeNumber(1, 100_000),
	},
	"scale.volumes": { expected: "refuse or share", example: "share", parse: oneOf("refuse", "share") },
} as const satisfies Record<string, LabelType<unknown>>;
