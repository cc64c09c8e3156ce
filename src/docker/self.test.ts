import { expect, test } from "vitest";
import { findSelf, selfIn } from "./self.ts";

const id = "0123456789abcdef".repeat(4);
const other = "f".repeat(64);
const line = (source: string, target: string) =>
	`612 588 254:1 ${source} ${target} rw,relatime - ext4 /dev/vda1 rw`;

test("Docker's mounts of a container's own files name it", () => {
	const mounts = [
		line("/", "/"),
		line(`/var/lib/docker/containers/${id}/resolv.conf`, "/etc/resolv.conf"),
		line(`/var/lib/docker/containers/${id}/hostname`, "/etc/hostname"),
	];

	expect(selfIn(mounts.join("\n"), "www.example")).toBe(id);
});

test("in an engine that itself runs in a container, the volume that holds its containers is not taken for one", () => {
	const source = `/var/lib/docker/volumes/${other}/_data/containers/${id}/hostname`;

	expect(selfIn(line(source, "/etc/hostname"), "nested")).toBe(id);
});

test("podman's do, too", () => {
	const source = `/lib/containers/storage/overlay-containers/${id}/userdata/hosts`;

	expect(selfIn(line(source, "/etc/hosts"), "pod")).toBe(id);
});

test("other containers' files, mounted for another purpose, do not", () => {
	const mounts = [
		line(`/var/lib/docker/containers/${other}/mounts/shm`, `/var/lib/docker/containers/${other}/mounts/shm`),
		line(`/var/lib/docker/containers/${other}`, "/logs"),
	];

	expect(selfIn(mounts.join("\n"), "host")).toBeUndefined();
});

test("a hostname that looks like the beginning of an id is the second best guess", () => {
	expect(selfIn("", "0123456789ab")).toBe("0123456789ab");
	expect(selfIn("", "0123456789abc")).toBeUndefined();
});

test("where this process runs is either known or not, and never an error", async () => {
	expect((await findSelf()) ?? "").toMatch(/^([0-9a-f]{12}|[0-9a-f]{64})?$/);
});
