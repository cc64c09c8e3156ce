import { expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { images } from "../harness/images.ts";
import { serversOf, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";

test("a bare key as join label takes any value, and another label prefix makes ours nobody's", async () => {
	await using sandbox = await createSandbox("join-label");
	const key = `${sandbox.network}.served`;
	const [proxy, one, other] = await Promise.all([
		startProxy(sandbox, ["-e", `BALLAST_JOIN_LABEL=${key}`, "-e", "BALLAST_LABEL_PREFIX=lb."]),
		sandbox.run("one", "--label", key, "--label", "ballast.port=banana", images.webapp),
		sandbox.run("other", "--label", `${key}=whatever`, "--label", "lb.weight=50", images.webapp),
		sandbox.run("stranger", "--label", `${key}-not=1`, images.webapp),
	]);
	await agreeOn(proxy, one, other);
	expect((await serversOf(proxy)).map(({ weight }) => weight)).toEqual([100, 50]);
});
