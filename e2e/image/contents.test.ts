import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { docker, inspect } from "../harness/docker.ts";
import { images } from "../harness/images.ts";

test.each([images.base, images.proxy, images.webapp])(
	"%s brings nothing of how it was built",
	async (image) => {
		const tools = "cc gcc c++ make python3 strip npm npx corepack git curl";
		expect(await inImage(image, `for tool in ${tools}; do command -v $tool; done; true`)).toBe("");
		const leftovers =
			"/root/.npm /root/.cache /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /tmp/* /build /mnt/*";
		expect(await inImage(image, `for path in ${leftovers}; do [ ! -e "$path" ] || echo "$path"; done`)).toBe(
			"",
		);
		expect(await inImage(image, "node --version")).toBe(`v${(await packageJson()).devDependencies["node"]}`);
	},
);

test("the proxy brings the production dependencies, and no other", async () => {
	const { dependencies, devDependencies } = await packageJson();
	const installed = await inImage(images.proxy, "cd /opt/ballast/node_modules && ls -d * @*/*");
	expect(installed.split("\n")).toEqual(expect.arrayContaining(Object.keys(dependencies)));
	for (const name of Object.keys(devDependencies)) expect(installed.split("\n")).not.toContain(name);
	expect(await inImage(images.proxy, "find /opt/ballast -name '*.test.ts' -o -name '*.node'")).toBe("");
});

test("the proxy has nothing of Debian's HAProxy package but the program", async () => {
	const remains = await inImage(
		images.proxy,
		"find /etc /usr/lib/systemd /var/lib -iname '*haproxy*' ! -path '*/dpkg/*' || true",
	);
	expect(remains).toBe("/etc/services/haproxy");
	expect(await inImage(images.proxy, "haproxy -v")).toMatch(/HAProxy version ([3-9]|\d\d)\./);
});

test("no program of the proxy makes its user another one, but those that Debian's own base has", async () => {
	const find = "find / -xdev -type f -perm /6000 | sort";
	expect(await inImage(images.proxy, find)).toBe(await inImage(images.base, find));
});

test("proxy and webapp share the layers of the base, and the source is the top of the proxy's", async () => {
	const base = await layers(images.base);
	const proxy = await layers(images.proxy);
	expect(proxy.slice(0, base.length)).toEqual(base);
	expect((await layers(images.webapp)).slice(0, base.length)).toEqual(base);
	const history = (await docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", images.proxy)).split(
		"\n",
	);
	const step = (text: string) => history.findIndex((line) => line.includes(text));
	expect(step("COPY /opt/ballast/src")).toBeLessThan(step("COPY /opt/ballast/node_modules"));
	expect(step("COPY /opt/ballast/node_modules")).toBeLessThan(step("install-packages haproxy"));
});

async function inImage(image: string, script: string): Promise<string> {
	return docker("run", "--rm", "--network", "none", "--user", "0:0", image, "sh", "-c", script);
}

async function layers(image: string): Promise<readonly string[]> {
	return (await inspect(image, ".RootFS.Layers")) as string[];
}

type Package = Record<"dependencies" | "devDependencies", Readonly<Record<string, string>>>;

async function packageJson(): Promise<Package> {
	return JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as Package;
}
