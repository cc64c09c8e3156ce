import type { Template, TemplateMount } from "./template.ts";

type Storage = {
	readonly Volumes: Readonly<Record<string, unknown>>;
	readonly Binds: readonly string[];
	readonly Mounts: readonly TemplateMount[];
};

/**
 * What is mounted into a clone: the same, but volumes without a name are its own. Compose names those of a container
 * that it makes anew, so that its data stays.
 */
export function freshVolumes({ config, hostConfig }: Template): Storage {
	const [anonymous, binds] = [hostConfig.Binds.filter(isAnonymous), hostConfig.Binds.filter(isKept)];
	const places = anonymous.map((bind) => [bindOf(bind).place, {}]);
	return {
		Volumes: { ...config.Volumes, ...Object.fromEntries(places) },
		Binds: binds,
		Mounts: hostConfig.Mounts.map(withoutName),
	};
}

/** None, or a name that Docker gave. */
export function isAnonymousName(source: string): boolean {
	return source === "" || /^[0-9a-f]{64}$/.test(source);
}

export type Bind = { readonly source: string; readonly place: string; readonly isReadOnly: boolean };

/** `source:place`, `source:place:options`, or a place alone, as programs ask for an anonymous volume (moby `volume/mounts/linux_parser.go`). */
export function bindOf(text: string): Bind {
	const [source = "", place = "", options = ""] = (text.includes(":") ? text : `:${text}`).split(":");
	return { source, place, isReadOnly: options.split(",").includes("ro") };
}

function isAnonymous(bind: string): boolean {
	return isAnonymousName(bindOf(bind).source);
}

function isKept(bind: string): boolean {
	return !isAnonymous(bind);
}

/** Docker and Compose write one without a name in several ways: here it is always the same. */
function withoutName(mount: TemplateMount): TemplateMount {
	const { Type, Source = "", Target, VolumeOptions, ...rest } = mount;
	if (Type !== "volume" || !isAnonymousName(Source)) return mount;
	const hasOptions = Object.keys(VolumeOptions ?? {}).length > 0;
	return { Type, Target, ...rest, ...(hasOptions && { VolumeOptions }) };
}
