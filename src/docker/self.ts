import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { AppError } from "../errors.ts";

/** The id of the container that this process runs in, or its first 12 digits; undefined outside. The engine has the last word. */
export async function findSelf(): Promise<string | undefined> {
	const mountinfo = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
	return selfIn(mountinfo, hostname());
}

/**
 * Engines mount a container's own files from a directory named after it: Docker `…/containers/<id>/hostname`, podman
 * `…/overlay-containers/<id>/userdata/hostname`. In a line of mountinfo they are fields 4 and 5 (proc_pid_mountinfo(5)).
 * The last id in the path counts: those before it are volumes of an engine that runs in a container. Docker's default
 * hostname is the beginning of the id.
 */
export function selfIn(mountinfo: string, host: string): string | undefined {
	const [id] = mountinfo.split("\n").flatMap((line) => {
		const [, , , source = "", target = ""] = line.split(" ");
		return ownFiles.has(target) ? (/.*\/([0-9a-f]{64})\//.exec(source)?.[1] ?? []) : [];
	});
	return id ?? (/^[0-9a-f]{12}$/.test(host) ? host : undefined);
}

const ownFiles: ReadonlySet<string> = new Set(["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"]);

export function isSelf(id: string, self: string | undefined): boolean {
	return self !== undefined && id.startsWith(self);
}

/** A whole id comes from the mounts of the container; the beginning of one from its hostname, which may be chance. */
export function isCertain(self: string): boolean {
	return self.length === 64;
}

export function selfUnknown(self: string, engine: string): AppError {
	return new AppError(
		"docker-self-unknown",
		`This process runs in the container ${self.slice(0, 12)}, which the engine at ${engine} does not know`,
		{
			hint: "point BALLAST_DOCKER_HOST to the engine that runs this container; for development, run outside of a container",
		},
	);
}
