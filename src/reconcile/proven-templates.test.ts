import { expect, test } from "vitest";
import { container } from "../testing/containers.ts";
import { createFakeWorld, templatesWith } from "../testing/fake-world.ts";
import { passesIn, servedIn } from "../testing/passes.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];
const inOwnPool = container("c", { health: "healthy", labels: { "ballast.pool": "own" } });
const harmless = templatesWith((text) => text.replace("timeout client 60s", "timeout client 61s"));

test("promise 7: templates that no process can load are taken back for the proven ones, and are not kept", async () => {
	const world = createFakeWorld({ containers: [a, b] });
	const { full, onChange, clock } = passesIn(world);
	await full();
	await clock.advance(100);
	world.faults.templates = harmless;
	world.faults.unloadable = (generation) =>
		generation.files.get("haproxy.cfg")?.includes("timeout client 61s") === true;
	const outcome = await full();
	const later = await onChange({ containers: [a] });

	expect(outcome.problems).toMatchObject([{ code: "reload-failed" }]);
	expect(later.problems).toMatchObject([{ code: "reload-failed" }]);
	expect(servedIn(later)).toEqual(["a"]);
	expect(world.inForce()?.id).toBe(later.generation);
	expect(await world.ports.templates.kept()).not.toBe(harmless);
});

test("what is wrong with new templates and with the proven ones alike is told once", async () => {
	const world = createFakeWorld({ containers: [a] });
	const { full, onChange } = passesIn(world);
	await full();
	world.faults.templates = harmless;
	world.faults.refuses = () => "no such word";
	expect((await full()).problems).toMatchObject([{ code: "configuration-refused" }]);

	world.faults.refuses = undefined;
	world.faults.unloadable = ({ fleet }) => fleet.pools.length > 1;
	await onChange({ containers: [a, inOwnPool] });
	expect((await onChange()).problems.map(({ code }) => code)).toEqual(["unreached-pool", "reload-failed"]);
});

test("promise 10: a template that writes another text each time is refused at the second pass", async () => {
	const world = createFakeWorld({ containers: [a, b] });
	let turn = 0;
	world.faults.templates = templatesWith((text) => `${text}# ${turn}\n`);
	const { full, onChange } = passesIn(world);
	const first = await full();
	turn = 1;
	const second = await onChange();

	expect(second).toMatchObject({ generation: first.generation, steps: [] });
	expect(second.problems).toMatchObject([
		{ code: "template-broken", message: expect.stringContaining("each time") },
	]);
});

test("templates that lack what labels ask for are in force, and told", async () => {
	const sticky = container("a", { health: "healthy", labels: { "ballast.sticky": "cookie" } });
	const world = createFakeWorld({ containers: [sticky] });
	const old = templatesWith((text) => text.replaceAll("cookie ballast-nodes", "cookie mine"));
	world.faults.templates = { ...old, sources: old.sources.map((one) => ({ ...one, owner: "operator" })) };
	const outcome = await passesIn(world).full();

	expect(servedIn(outcome)).toEqual(["a"]);
	expect(outcome.problems).toMatchObject([
		{ code: "template-outdated", subject: "partials/pool.cfg.eta", severity: "problem" },
	]);
});
