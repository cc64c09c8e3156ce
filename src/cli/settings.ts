import { flagOf, type SettingInForce } from "../settings.ts";
import { settingsTable } from "../settings-table.ts";
import { table } from "./table.ts";

/** `ballast settings` for people: the whole table, with the value in force and where it was found. */
export function settingsText(rows: readonly SettingInForce[]): string {
	return table(
		["ENVIRONMENT", "FLAG", "VALUE", "FROM", "DEFAULT", "MEANING", "EXPECTED"],
		rows.map(({ name, text, from }) => {
			const { env, default: usual, meaning, expected } = settingsTable[name];
			return [env, flagOf(name), text, from, usual, meaning, expected];
		}),
	);
}
