/**
 * A container as it was asked for: Docker's own `Config` and `HostConfig`, of which the fields that we judge by are named
 * here and the others passed on. Made by docker/template.ts, from `docker inspect`.
 */
export type Template = {
	/** 64 hexadecimal digits. */
	readonly id: string;
	/** Without Docker's leading slash. */
	readonly name: string;
	/** `sha256:…`: the image that runs, wherever its name points to by now. */
	readonly imageId: string;
	readonly config: TemplateConfig;
	readonly hostConfig: TemplateHostConfig;
	/** By name. */
	readonly networks: Readonly<Record<string, TemplateNetwork>>;
};

type TemplateConfig = Fields & {
	readonly Hostname: string;
	readonly Entrypoint?: readonly string[] | null | undefined;
	readonly Labels: Readonly<Record<string, string>>;
	/** By their places; what nothing else is mounted at gets an anonymous volume. */
	readonly Volumes: Readonly<Record<string, unknown>>;
};

type TemplateHostConfig = Fields & {
	/** `bridge`, `host`, `none`, `container:<id>` or a network's name. */
	readonly NetworkMode: string;
	readonly UTSMode: string;
	/** `docker run --rm`. */
	readonly AutoRemove: boolean;
	/** `source:place` or `source:place:options`; a source without a slash is a volume. */
	readonly Binds: readonly string[];
	readonly Mounts: readonly TemplateMount[];
	/** `container` or `container:ro`. */
	readonly VolumesFrom: readonly string[];
	/** `/other:/self/alias`. */
	readonly Links: readonly string[];
	readonly PortBindings: Readonly<Record<string, readonly PortBinding[] | null>>;
};

export type TemplateMount = Fields & {
	readonly Type: string;
	readonly Source?: string | undefined;
	readonly Target: string;
	readonly ReadOnly?: boolean | undefined;
};

/** A port of the host: a number, a range to choose from, or empty or 0 for any. */
type PortBinding = Fields & { readonly HostPort: string };

export type TemplateNetwork = {
	readonly aliases: readonly string[];
	/** `other:alias`. */
	readonly links: readonly string[];
	/** As Docker has them: a driver's options, and which network has the default route. */
	readonly options: Fields;
	/** Addresses that were asked for, not given out. */
	readonly fixedAddresses: readonly string[];
};

type Fields = { readonly [field: string]: unknown };
