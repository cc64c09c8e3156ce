import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

/** In PEM. */
export type Pair = { readonly cert: string; readonly key: string };

export type Wanted = {
	/** DNS names and IPv4 addresses; the first is the subject's. */
	readonly names: readonly string[];
	readonly notBefore?: Date;
	readonly notAfter?: Date;
};

/** A certificate authority of a test, made when it is asked for. */
export type Authority = { readonly pem: string; readonly issue: (wanted: Wanted) => Pair };

const hour = 3_600_000;

export function createAuthority(name = "test authority"): Authority {
	const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const by = { name, key: own.privateKey };
	const pem = certificate({ names: [name] }, own.publicKey, by, [basicConstraintsOfAuthority]);
	return {
		pem,
		issue: (wanted) => {
			const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
			const cert = certificate(wanted, publicKey, by, [alternativeNames(wanted.names)]);
			return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
		},
	};
}

/* X.509 in DER, as much of RFC 5280 as OpenSSL asks for: Node can read certificates, but not make any. */

function certificate(
	{ names: [subject = ""], notBefore, notAfter }: Wanted,
	publicKey: KeyObject,
	by: { readonly name: string; readonly key: KeyObject },
	extensions: readonly Buffer[],
): string {
	const validity = [notBefore ?? new Date(Date.now() - hour), notAfter ?? new Date(Date.now() + hour)];
	const body = sequence(
		der(0xa0, der(0x02, Buffer.from([2]))),
		der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
		ecdsaWithSha256,
		commonName(by.name),
		sequence(...validity.map(utcTime)),
		commonName(subject),
		publicKey.export({ type: "spki", format: "der" }),
		der(0xa3, sequence(...extensions)),
	);
	const signature = sign("sha256", body, by.key);
	const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
	const lines = whole.toString("base64").replaceAll(/.{64}/g, "$&\n");
	return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
	const content = Buffer.concat(parts);
	const { length } = content;
	const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
	return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
	return der(0x30, ...parts);
}

function objectId(hex: string): Buffer {
	return der(0x06, Buffer.from(hex, "hex"));
}

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));

const basicConstraintsOfAuthority = sequence(
	objectId("551d13"),
	der(0x01, Buffer.from([0xff])),
	der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
);

function alternativeNames(names: readonly string[]): Buffer {
	const entries = names.map((name) => {
		if (isIP(name) === 4) return der(0x87, Buffer.from(name.split(".").map(Number)));
		return der(0x82, Buffer.from(name));
	});
	return sequence(objectId("551d11"), der(0x04, sequence(...entries)));
}

function commonName(name: string): Buffer {
	return sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(name)))));
}

function utcTime(time: Date): Buffer {
	return der(0x17, Buffer.from(`${time.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));
}
