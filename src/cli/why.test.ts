import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { WhyAnswer } from "../admin/explain.ts";
import { serveAdmin } from "../admin/server.ts";
import { attachment, container, idOf, proxy } from "../testing/containers.ts";
import { explained, labelled } from "../testing/explained.ts";
import { runBallast } from "../testing/run-ballast.ts";
import { adminPorts } from "../testing/status-builder.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { whyText } from "./why.ts";

const at = (address: string) => [attachment("front", "web", { ipv4: address })];
const lines = (text: string) => stripVTControlCharacters(text).split("\n");

test("of one that is served: where and since when, each label, what is assumed, what would change it", () => {
	const networks = [...at("10.0.0.3"), attachment("shop", "web")];
	const of = labelled({ "ballast.weight": "7", "ballast.wieght": "50" }, { networks, health: "healthy" });
	const since = "2026-11-21T13:52:41.471Z";
	const around = { proxy: { ...proxy, networks }, over: () => ({ since }) };
	const server = `web-${idOf("web").slice(0, 8)}`;

	expect(lines(whyText(explained(of, around)))).toEqual([
		`web is served: in the pool nodes as ${server} at 10.0.0.3:3000 since ${since}, because it is healthy. HAProxy calls it UP.`,
		"",
		"labels",
		"  role=backend       it wants to join",
		"  ballast.weight=7   weight 7 of 256",
		"  ballast.wieght=50  ignored: not one of Ballast's; did you mean ballast.weight?",
		"",
		"assumed",
		"  pool     nodes  the one that answers",
		"  network  front  the first by name of 2 that it shares with the proxy: front, shop",
		"  port     3000   the only TCP port that it exposes",
		"",
		"what would change it",
		"  → it leaves when it is told to stop, dies, is paused, becomes unhealthy, is disconnected from front",
		"  → Docker can't change labels: to change what they ask for, or with ballast.enable=false to keep it out, recreate it",
	]);
});

test("of one that is not: why, and what to do; nothing in a label steers the terminal", () => {
	const of = labelled({ "ballast.port": "ht\u001b[31mtp" }, { networks: at("10.0.0.3") });

	expect(whyText(explained(of))).not.toContain("ht\u001b");
	expect(lines(whyText(explained(of)))).toEqual([
		"web is in no pool: a label can't be understood.",
		"",
		"labels",
		"  role=backend                 it wants to join",
		"  ballast.port=ht\\u001b[31mtp  not understood: expected a port from 1 to 65535",
		"",
		"assumed",
		"  pool    nodes  the one that answers",
		"  weight  100    as any",
		"",
		"what would change it",
		"  → recreate the container with, for example, ballast.port=8080, or without the label",
	]);
});

test("of one without the join label: what it has to carry", () => {
	const of = { ...container("web"), labels: { role: "backed" } };

	expect(lines(whyText(explained(of)))).toEqual([
		"web is none of Ballast's: it does not carry the label role=backend; it has role=backed.",
		"",
		"labels",
		"  role=backed  expected role=backend",
		"",
		"what would change it",
		"  → recreate it with the label role=backend, in the place of role=backed",
	]);
});

describe.concurrent("ballast why", { timeout: 120_000 }, () => {
	const served = explained(container("web"));
	const absent = explained(container("web", { state: "paused" }));

	async function ask(answer: WhyAnswer, asked: string, ...flags: readonly string[]) {
		await using directory = await temporaryDirectory();
		const heard: string[] = [];
		const why = async (container: string) => {
			heard.push(container);
			return answer;
		};
		await using _ = await serveAdmin(join(directory.path, "ballast.sock"), adminPorts({ why }));
		const run = await runBallast(["why", asked, "--run-dir", directory.path, ...flags]);
		return { ...run, heard };
	}

	test("ends with 0 for one that is served, and with 1 for any other", async () => {
		const [yes, no] = await Promise.all([
			ask({ known: true, explanation: served }, "web"),
			ask({ known: true, explanation: absent }, "web"),
		]);

		expect(yes).toEqual({
			code: 0,
			out: `${stripVTControlCharacters(whyText(served))}\n`,
			err: "",
			heard: ["web"],
		});
		expect(no).toMatchObject({ code: 1, out: expect.stringContaining("web is in no pool: paused.") });
	});

	test("prints the whole explanation as JSON", async () => {
		const { code, out } = await ask({ known: true, explanation: absent }, "web", "--json");

		expect({ code, explanation: JSON.parse(out) }).toEqual({ code: 1, explanation: absent });
	});

	test("ends with 2 for one that there is not, whatever its name, and tells what may have been meant", async () => {
		const asked = "../we b?x=1#%";
		const { code, out, err, heard } = await ask({ known: false, near: ["web", "web-2"] }, asked);

		expect({ code, out, heard }).toEqual({ code: 2, out: "", heard: [asked] });
		expect(err).toBe(`ballast: there is no container "${asked}"\n  → did you mean web, web-2?\n`);
	});
});
