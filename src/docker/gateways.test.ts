import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { attachment, container, idOf } from "../testing/containers.ts";
import { createGateways } from "./gateways.ts";

const { signal } = new AbortController();
const leading = (network: string) => attachment(network, "proxy", { gateways: [`gateway of ${network}`] });
const proxyIn = (...networks: readonly string[]) => container("proxy", { networks: networks.map(leading) });

/** An engine whose bridge networks are `front` and `back`. */
function engine(answer = async (): Promise<readonly string[]> => [idOf("front"), idOf("back")]) {
	let asked = 0;
	const bridges = async () => {
		asked += 1;
		return await answer();
	};
	return { trusted: createGateways({ bridges }), asked: () => asked };
}

const gatewaysOf = ({ networks }: ReturnType<typeof container>) =>
	networks.flatMap(({ gateways }) => gateways);

test("promise 11: the gateway of a bridge network is the host, that of another is somebody else", async () => {
	const { trusted } = engine();

	expect(gatewaysOf(await trusted(proxyIn("front", "lan"), signal))).toEqual(["gateway of front"]);
});

test("the engine is asked once, and again for a network that is new", async () => {
	const { trusted, asked } = engine();
	await trusted(proxyIn("front", "lan"), signal);
	await trusted(proxyIn("front"), signal);
	expect(asked()).toBe(1);

	expect(gatewaysOf(await trusted(proxyIn("front", "back"), signal))).toHaveLength(2);
	expect(asked()).toBe(2);
});

test("no gateway is trusted where the engine may not be asked", async () => {
	const { trusted } = engine(async () => {
		throw new AppError("docker-failed", "no", {
			cause: Object.assign(new Error("403"), { statusCode: 403 }),
		});
	});

	expect(gatewaysOf(await trusted(proxyIn("front"), signal))).toEqual([]);
});

test("promise 2: an engine that can't be read ends the pass", async () => {
	const { trusted } = engine(async () => {
		throw new AppError("docker-unreachable", "away");
	});

	await expect(trusted(proxyIn("front"), signal)).rejects.toMatchObject({ code: "docker-unreachable" });
});
