import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * CIDR blocks of the networks that this machine is in itself, as a host is in its bridges: what a default route, or a
 * gateway, leads to may be somebody else's of the same addresses. Undefined where the kernel does not tell. `root` is where
 * `/proc` is found.
 */
export async function directRoutes(root = "/"): Promise<readonly string[] | undefined> {
	const [four, six] = await Promise.all(
		["route", "ipv6_route"].map(async (file) =>
			readFile(join(root, "proc/self/net", file), "utf8").catch(() => undefined),
		),
	);
	if (four === undefined) return undefined;
	return [...rowsOf(four).flatMap(ipv4Block), ...rowsOf(six ?? "").flatMap(ipv6Block)];
}

function rowsOf(table: string): readonly (readonly string[])[] {
	return table.split("\n").map((line) => line.trim().split(/\s+/));
}

/** Linux, net/ipv4/fib_trie.c, fib_route_seq_show: destination, gateway and mask as the machine keeps them, little-endian. */
function ipv4Block([, destination = "", gateway, , , , , mask = ""]: readonly string[]): readonly string[] {
	if (gateway !== none(8) || !isHex(destination, 8) || mask === none(8)) return [];
	const bits = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
	return [`${bytesOf(destination).reverse().join(".")}/${bits}`];
}

/** Linux, net/ipv6/route.c, rt6_seq_show: destination, its length, source, its length, next hop, …, flags, device. */
function ipv6Block(row: readonly string[]): readonly string[] {
	const [destination = "", length = "", , , gateway, , , , flags = "", device] = row;
	const isRejected = (Number.parseInt(flags, 16) & rejected) !== 0;
	if (gateway !== none(32) || !isHex(destination, 32) || length === "00" || device === "lo" || isRejected)
		return [];
	return [`${destination.replaceAll(/.{4}(?=.)/g, "$&:")}/${Number.parseInt(length, 16)}`];
}

const rejected = 0x200;

function none(digits: number): string {
	return "0".repeat(digits);
}

function isHex(text: string, digits: number): boolean {
	return text.length === digits && /^[0-9A-Fa-f]+$/.test(text);
}

function bytesOf(hex: string): number[] {
	return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}
