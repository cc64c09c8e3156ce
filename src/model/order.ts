/** By code unit, not by locale: the same order on every machine (`Array.sort` takes it as it is). */
export function byText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
