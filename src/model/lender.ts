import type { Container, Inventory } from "./container.ts";
import type { Problem } from "./problem.ts";

/** The container whose network another one is in: itself, or the end of a chain of `network_mode: container:…`. */
type Home = { readonly home: Container } | { readonly problem: Problem };

export function homeOf(container: Container, inventory: Inventory): Home {
	return follow(container, [], inventory);
}

/** The id, or the name, of the container whose network it uses; undefined when it has one of its own. */
export function lenderOf({ networkMode }: Container): string | undefined {
	return /^container:(.+)$/.exec(networkMode)?.[1];
}

/** As Docker looks a container up. */
export function goesBy({ id, name }: Container, idOrName: string): boolean {
	return name === idOrName || (idOrName.length >= 12 && id.startsWith(idOrName));
}

function follow(borrower: Container, before: readonly Container[], inventory: Inventory): Home {
	const wanted = lenderOf(borrower);
	if (wanted === undefined) return { home: borrower };
	const chain = [...before, borrower];
	const lender = [...inventory.containers, inventory.proxy.container].find(
		(one) => one !== undefined && goesBy(one, wanted),
	);
	if (lender === undefined) {
		const isUntold = inventory.unreadable.some(({ id }) => id === wanted);
		return { problem: lost(chain, wanted.slice(0, 12), isUntold ? untold : missing) };
	}
	const loss = lossOf(lender, chain, inventory);
	if (loss !== undefined) return { problem: lost(chain, lender.name, loss) };
	return follow(lender, chain, inventory);
}

type Loss = { readonly which: string; readonly remedy: (borrower: string, lender: string) => string };

const missing: Loss = {
	which: "is not there",
	remedy: (borrower) => `make ${borrower} anew, with a container that is there or in a network of its own`,
};

const untold: Loss = {
	which: "the engine does not tell of",
	remedy: (borrower, lender) =>
		`does docker inspect ${lender} tell? Then let the guard before the engine's socket allow GET on /containers/${lender}/json; or run ${borrower} in a network of its own`,
};

/** A network ends with the run of the container that it belongs to; who used it stays behind in what is left of it. */
function lossOf(lender: Container, chain: readonly Container[], { leaving }: Inventory): Loss | undefined {
	if (chain.includes(lender)) return { which: "uses its network in turn", remedy: missing.remedy };
	const restart = (borrower: string) => `start ${borrower} anew: docker restart ${borrower}`;
	const told = leaving.get(lender.id);
	if (told?.startedAt === lender.startedAt && !told.overdue)
		return { which: `was told to stop (${told.signal})`, remedy: afterStart };
	if (lender.state !== "running" && lender.state !== "paused")
		return { which: `does not run (${lender.state})`, remedy: afterStart };
	const borrower = chain.at(-1);
	if (borrower !== undefined && Date.parse(lender.startedAt) > Date.parse(borrower.startedAt))
		return { which: "was started anew after it, with a new network", remedy: restart };
	return undefined;
}

function afterStart(borrower: string, lender: string): string {
	return `start ${lender}, and then ${borrower} anew, as its network is gone: docker start ${lender} && docker restart ${borrower}`;
}

function lost(chain: readonly Container[], lender: string, { which, remedy }: Loss): Problem {
	const [subject = "", ...between] = chain.map(({ name }) => name);
	const borrower = between.at(-1) ?? subject;
	const through = between.length === 0 ? "" : ` by way of ${between.join(" and ")}`;
	return {
		code: "lost-network",
		severity: "problem",
		subject,
		message: `it uses the network of ${lender}${through}, which ${which}`,
		hint: remedy(borrower, lender),
	};
}
