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
	return { trusted: createGateways({ bridges }), asked: () => asked };
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

test("no gateway is trusted where the engine may not be asked", async () => {
	const { trusted } = engine(async () => {
		throw new AppError("docker-failed", "no", {
			cause: Object.assign(new Error("403"), { statusCode: 403 }),
		});
	});

	expect((await trusted(places("front"), signal)).ids.size).toBe(0);
});

test("promise 2: an engine that can't be read ends the pass", async () => {
	const { trusted } = engine(async () => {
		throw new AppError("docker-unreachable", "away");
	});

	await expect(trusted(places("front"), signal)).rejects.toMatchObject({ code: "docker-unreachable" });
});
