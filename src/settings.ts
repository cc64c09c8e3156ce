import { oneEngine } from "./engine-settings.ts";
import { AppError, withoutPassword } from "./errors.ts";
import type { Setting } from "./setting.ts";
import { settingsTable } from "./settings-table.ts";

export type SettingName = keyof typeof settingsTable;
export type Settings = {
	readonly [Name in SettingName]: (typeof settingsTable)[Name] extends Setting<infer T> ? T : never;
};

export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** Where each setting's value comes from, first found first: flag, environment, default. */
export type Sources = {
	readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
	readonly env?: Readonly<Record<string, string | undefined>>;
};

/** One row of `ballast settings`: the text in force and where it was found. */
export type SettingInForce = { readonly name: SettingName; readonly text: string; readonly from: string };

/** All settings, typed. Throws one `AppError` that names every setting that can't be understood. */
export function readSettings(sources: Sources = {}): Settings {
	const rows = settingsInForce(sources).map((row) => ({
		...row,
		value: settingsTable[row.name].parse(row.text),
	}));
	const bad = rows.filter((row) => row.value === null);
	if (bad.length > 0) throw badSettings(bad);
	const settings = Object.fromEntries(rows.map(({ name, value }) => [name, value])) as Settings;
	refuseSamePorts(settings);
	return settings;
}

/** HAProxy would bind both, and the kernel would give each half of the connections. */
function refuseSamePorts({ httpPort, statsPort }: Settings): void {
	if (httpPort !== statsPort) return;
	const message = `BALLAST_HTTP_PORT and BALLAST_STATS_PORT are both ${httpPort}, expected two different ports`;
	throw new AppError("bad-setting", message, { hint: "change one of them" });
}

export function settingsInForce({ flags = {}, env = process.env }: Sources = {}): readonly SettingInForce[] {
	const rows = settingNames.map((name) => {
		const row: Setting<unknown> = settingsTable[name];
		const flag = flags[name];
		if (flag !== undefined) return { name, text: flag, from: flagOf(name) };
		const variable = [row.env, row.envToo].find((key) => key !== undefined && (env[key] ?? "") !== "");
		return { name, text: env[variable ?? ""] ?? row.default, from: variable ?? "default" };
	});
	return oneEngine(rows);
}

/** As it may be printed and logged: of a secret only how long it is, and no URL's password. */
export function withoutSecret(row: SettingInForce): SettingInForce {
	const { secret }: Setting<unknown> = settingsTable[row.name];
	const isSecret = secret && row.text !== "";
	return { ...row, text: isSecret ? `${row.text.length} secret characters` : withoutPassword(row.text) };
}

/** `BALLAST_STATS_PORT` → `--stats-port`. */
export function flagOf(name: SettingName): string {
	return `--${settingsTable[name].env.replace("BALLAST_", "").toLowerCase().replaceAll("_", "-")}`;
}

function badSettings(bad: readonly SettingInForce[]): AppError {
	const complaints = bad.map(withoutSecret).map(({ name, text, from }) => {
		return `${from} is ${JSON.stringify(text)}, expected ${settingsTable[name].expected}`;
	});
	return new AppError("bad-setting", complaints.join("; "), {
		hint: "correct it, or leave it away for the default; `ballast settings` lists them all",
	});
}
