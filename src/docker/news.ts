/** Who was heard of since the last read, and whether an inspect would tell more than was heard. */
export type News = {
	/** @param isAll what was heard is all that there is to know of it now */
	readonly heard: (id: string, isAll: boolean) => void;
	/** Those of them that have to be inspected. They are no news after that. */
	readonly toInspect: (ids: ReadonlySet<string>) => ReadonlySet<string>;
	/** All is read anew. */
	readonly forget: () => void;
};

export function createNews(): News {
	const complete = new Map<string, boolean>();
	return {
		heard: (id, isAll) => void complete.set(id, isAll && complete.get(id) !== false),
		toInspect: (ids) => {
			const wanted = new Set([...ids].filter((id) => complete.get(id) !== true));
			for (const id of ids) complete.delete(id);
			return wanted;
		},
		forget: () => complete.clear(),
	};
}
