import { askController, postToController } from "../admin/client.ts";
import type { ScaleAnswer, ScaleRow } from "../admin/scale.ts";
import { AppError } from "../errors.ts";
import { printable } from "../model/labels.ts";
import type { ScaleOrder } from "../model/scale-order.ts";
import { exitCodes } from "./exit-codes.ts";
import { scaleExplained, verdictText } from "./scale-explained.ts";
import { table } from "./table.ts";

export type ScaleFlags = { readonly explain: boolean; readonly json: boolean };

/** Shows all pools that are scaled or one of them, or sets one. */
export async function scaleVerb(
	socket: string,
	asked: string | undefined,
	{ explain, json }: ScaleFlags,
): Promise<number> {
	const [pool, order] = asked === undefined ? [] : poolAndOrder(asked);
	if (pool !== undefined && order !== undefined) {
		const { remarks } = await postToController(socket, "/scale", { pool, order });
		for (const remark of remarks) console.error(`note: ${remark}`);
	}
	const answer = await askController(socket, "/scale");
	const pools = answer.pools.filter((row) => pool === undefined || row.pool === pool);
	if (pool !== undefined && pools.length === 0) throw unknownPool(pool, answer);
	const text = () =>
		explain && pools.length > 0
			? pools.map((row) => scaleExplained(row, answer.clock)).join("\n\n")
			: scaleText({ ...answer, pools });
	console.log(json ? JSON.stringify({ ...answer, pools }, undefined, "\t") : text());
	return exitCodes.ok;
}

/** `nodes`, `nodes=3`, `nodes=pause`, `nodes=resume`. */
function poolAndOrder(asked: string): readonly [pool: string, order?: ScaleOrder | null] {
	const [, pool = "", , order] = /^([^=]+)(=(.*))?$/.exec(asked) ?? [];
	if (order === undefined && pool !== "") return [pool];
	const word = words.get(order ?? "");
	if (word !== undefined) return [pool, word];
	if (/^[1-9]\d{0,2}$|^1000$/.test(order ?? "")) return [pool, Number(order)];
	throw new AppError(
		"bad-input",
		`expected <pool>=<number from 1 to 1000>, =pause or =resume, got ${printable(asked)}`,
	);
}

/** What is told of a pool, `paused`, and of a mode, `auto`, is understood as well. */
const words: ReadonlyMap<string, ScaleOrder | null> = new Map([
	["pause", "paused"],
	["paused", "paused"],
	["resume", null],
	["auto", null],
]);

function unknownPool(pool: string, { on, pools }: ScaleAnswer): AppError {
	const names = pools.map((row) => row.pool).join(", ");
	return new AppError("bad-input", `the pool ${printable(pool)} is not scaled`, {
		hint: on
			? `there are: ${names || "none, the label scale on a container asks for it"}; what keeps another from being scaled: ballast problems`
			: "scaling is switched off; BALLAST_SCALE=on on the proxy switches it on",
	});
}

export function scaleText({ on, pools }: Pick<ScaleAnswer, "on" | "pools">): string {
	if (!on) return "Scaling is switched off; BALLAST_SCALE=on on the proxy switches it on.";
	if (pools.length === 0)
		return "No pool is scaled. The label scale on a container asks for it; where there is one, see: ballast problems";
	return table(
		["POOL", "NOW", "STARTING", "GOING", "WANTED", "BETWEEN", "SET", "LATEST"],
		pools.map(cellsOf),
	);
}

function cellsOf({ pool, order, decisions }: ScaleRow): readonly string[] {
	const last = decisions.at(-1);
	if (last === undefined) return [pool, "", "", "", "", "", `${order ?? ""}`, "nothing decided yet"];
	const { policy, observed, demand } = last;
	return [
		pool,
		`${observed.ready}`,
		`${observed.starting}`,
		`${observed.draining}`,
		`${demand?.want ?? "?"}`,
		`${policy.min}-${policy.max}`,
		`${order ?? ""}`,
		verdictText(last),
	];
}
