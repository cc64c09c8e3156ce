import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "undici";

export type Uploads = {
	/** Lets the last ones finish. */
	readonly stop: () => Promise<{ readonly arrived: number; readonly lost: readonly string[] }>;
};

const size = 10_000_000;
const parts = 20;
/** Between two parts, in milliseconds: an upload takes most of a second, so that whoever goes has some in flight. */
const partGap = 40;

/** So many clients upload 10 MB, one after the other, and compare what the app made of it with what it should be. */
export function startUploads(url: string, clients: number): Uploads {
	const body = randomBytes(size);
	const expected = createHash("sha256").update(body).digest("hex");
	const lost: string[] = [];
	let [arrived, going] = [0, true];

	async function keepUploading(): Promise<void> {
		const client = new Client(url, { headersTimeout: 60_000 });
		while (going) {
			const since = new Date().toISOString();
			await upload(client).catch((reason: unknown) => lost.push(`${since} ${reason}`));
			await delay(100);
		}
		await client.close();
	}

	async function upload(client: Client): Promise<void> {
		const headers = { "content-length": `${size}` };
		const path = `/?id=${randomUUID()}`;
		const response = await client.request({
			method: "POST",
			path,
			headers,
			body: Readable.from(slowly(body)),
		});
		const got = await response.body.text();
		if (got !== expected) throw new Error(`status ${response.statusCode}: ${got.slice(0, 100)}`);
		arrived += 1;
	}

	const uploading = Array.from({ length: clients }, keepUploading);
	return {
		stop: async () => {
			going = false;
			await Promise.all(uploading);
			return { arrived, lost };
		},
	};
}

async function* slowly(body: Buffer): AsyncIterable<Buffer> {
	for (let at = 0; at < size; at += size / parts) {
		yield body.subarray(at, at + size / parts);
		await delay(partGap);
	}
}
