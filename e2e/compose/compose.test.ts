import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { ballast, problemsOf, type RunningProxy, serversOf } from "../harness/proxy.ts";
import { createProject, type Project } from "./project.ts";

let project: Project;
let proxy: RunningProxy;

beforeAll(async () => {
	project = await createProject();
	await project.up();
	const name = `${project.name}-proxy-1`;
	proxy = { name, network: project.name, url: await urlOf(name, 80), statsUrl: await urlOf(name, 1936) };
});
afterAll(async () => project[Symbol.asyncDispose]());

test("the demo is up with one command: a hardened proxy at .42, and two web apps with nothing but a label", async () => {
	await agreeOn(proxy, ...webapps(2));
	expect(await inspect(proxy.name, `.NetworkSettings.Networks`)).toMatchObject({
		[project.name]: { IPAddress: `${project.subnet}.42` },
	});
	expect(await inspect(proxy.name, ".HostConfig")).toMatchObject({
		ReadonlyRootfs: true,
		CapDrop: ["ALL"],
		SecurityOpt: ["no-new-privileges:true"],
		RestartPolicy: { Name: "unless-stopped" },
	});
	expect(await docker("port", proxy.name, "1936/tcp")).toMatch(/^127\.0\.0\.1:\d+$/);
	expect(await ownProblems()).toEqual([]);
	expect((await ballast(proxy, "health")).exitCode).toBe(0);
});

test("docker compose up --scale webapp=5 and back is followed by itself", async () => {
	await project.up("--scale", "webapp=5");
	await agreeOn(proxy, ...webapps(5));
	await project.up("--scale", "webapp=2");
	await agreeOn(proxy, ...webapps(2));
	expect(await ownProblems()).toEqual([]);
});

test("a plain docker run with the label, in the demo's network, joins; docker compose run does not", async () => {
	const plain = `${project.name}-plain`;
	await docker(
		"run",
		"-d",
		"--name",
		plain,
		"--label",
		"role=backend",
		"--network",
		project.name,
		images.webapp,
	);
	try {
		const oneOff = (await project.run("run", "--detach", "webapp")).split("\n").at(-1) ?? "";
		await agreeOn(proxy, ...webapps(2), plain);
		expect(await inspect(oneOff, ".Config.Labels")).toMatchObject({ role: "backend" });
		await eventually(async () => expect(await inspect(oneOff, ".State.Health.Status")).toBe("healthy"));
		expect((await serversOf(proxy)).map(({ container }) => container)).not.toContain(oneOff);
		expect(await ownProblems()).toEqual([]);
		await docker("rm", "--force", oneOff);
	} finally {
		await docker("rm", "--force", plain);
	}
});

test("docker compose restart of the web apps loses none of them", async () => {
	await project.run("restart", "--timeout", "5", "webapp");
	await agreeOn(proxy, ...webapps(2));
});

function webapps(count: number): readonly string[] {
	return Array.from({ length: count }, (_, index) => `${project.name}-webapp-${index + 1}`);
}

/** Others on the same engine may use the demo's label, too: in networks that this proxy does not share. */
async function ownProblems(): Promise<readonly unknown[]> {
	return (await problemsOf(proxy)).filter(({ subject }) => subject.startsWith(project.name));
}
