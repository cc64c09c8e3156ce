import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { attachment, idOf } from "../testing/containers.ts";
import { createGateways } from "./gateways.ts";

const { signal } = new AbortController();
const leading = (network: string) => attachment(network, "proxy", { gateways: [`gateway of ${network}`] });
const places = (...networks: readonly string[]) => networks.map(leading);

/** An engine whose bridge networks are `front` and `back`. */
function engine(answer = async (): Promise<readonly string[]> => [idOf("front"), idOf("back")]) {
	let asked = 0;
	const bridges = async () => {
		asked += 1;
		return await answer();
	};
	const { of, lookAgain } = createGateways({ bridges });
	return { trusted: of, lookAgain, asked: () => asked };
}

test("promise 11: the gateway of a bridge network is the host, that of another is somebody else", async () => {
	const { trusted } = engine();

	const { ids } = await trusted(places("front", "lan"), signal);

	expect(["front", "lan"].map((network) => ids.has(idOf(network)))).toEqual([true, false]);
});

test("the engine is asked once, and again for a network that is new", async () => {
	const { trusted, asked } = engine();
	await trusted(places("front", "lan"), signal);
	await trusted(places("front"), signal);
	expect(asked()).toBe(1);

	expect((await trusted(places("front", "back"), signal)).ids.has(idOf("back"))).toBe(true);
	expect(asked()).toBe(2);
});

const refused = (statusCode: number) =>
	new AppError("docker-failed", "no", { cause: Object.assign(new Error(`${statusCode}`), { statusCode }) });

test.each([
	["401", refused(401)],
	["403", refused(403)],
	["500", refused(500)],
	["nonsense", new AppError("docker-nonsense", "no list")],
	["nothing in time", new AppError("docker-unreachable", "did not answer within 5 s")],
])(
	"promise 2: to %s in place of a list, no gateway is trusted, and it is asked again later",
	async (_, fault) => {
		const { trusted, lookAgain, asked } = engine(async () => {
			throw fault;
		});

		await trusted(places("front"), signal);
		expect(await trusted(places("front"), signal)).toMatchObject({
			ids: new Set(),
			fault: expect.stringContaining(fault.message),
		});
		expect(asked()).toBe(1);
		lookAgain();
		await trusted(places("front"), signal);
		expect(asked()).toBe(2);
	},
);

test("promise 2: a gateway that was trusted stays so when the engine does not tell of a newer network", async () => {
	let answer = async (): Promise<readonly string[]> => [idOf("front")];
	const { trusted } = engine(async () => await answer());
	await trusted(places("front"), signal);
	answer = async () => {
		throw refused(403);
	};

	expect((await trusted(places("front", "back"), signal)).ids).toEqual(new Set([idOf("front")]));
});

test("promise 2: an engine that is away ends the pass", async () => {
	const { trusted } = engine(async () => {
		throw new AppError("docker-unreachable", "away", { cause: new Error("ECONNREFUSED") });
	});

	await expect(trusted(places("front"), signal)).rejects.toMatchObject({ code: "docker-unreachable" });
});
