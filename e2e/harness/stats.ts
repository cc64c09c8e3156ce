/** HAProxy's own table, by its stats page: lines of `<pool>,<server>,…`. No connection stays, which a stop would wait for. */
export async function statsOf(statsUrl: string): Promise<string> {
	return await textAt(`${statsUrl}/;csv`);
}

/** The page itself. */
export async function statsPageOf(statsUrl: string): Promise<string> {
	return await textAt(statsUrl);
}

async function textAt(url: string): Promise<string> {
	const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(5_000) };
	return (await fetch(url, options)).text();
}
