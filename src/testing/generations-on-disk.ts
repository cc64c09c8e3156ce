import type { Check } from "../haproxy/check.ts";
import { createGenerations, type Generations } from "../haproxy/generations.ts";
import { generationOf } from "./generation-builder.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export const accept: Check = async () => ({ accepted: true });

export const [first, second, third] = [
	generationOf("aaaaaaaaaaaa"),
	generationOf("bbbbbbbbbbbb"),
	generationOf("cccccccccccc"),
];

/** Acts on generations in a directory of their own, which is removed afterwards. */
export async function withGenerations<T>(
	act: (generations: Generations, root: string) => Promise<T>,
	check = accept,
): Promise<T> {
	await using dir = await temporaryDirectory();
	return await act(createGenerations(dir.path, check), dir.path);
}
