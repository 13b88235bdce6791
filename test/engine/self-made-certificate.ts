import { generateKeyPairSync, sign } from 'node:crypto';
import tls from 'node:tls';

function der(tag: number, ...content: Uint8Array[]): Buffer {
	const body = Buffer.concat(content);
	const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...content: Uint8Array[]) => der(0x30, ...content);
const oid = (...bytes: number[]) => der(0x06, Buffer.from(bytes));

/** A certificate for 127.0.0.1 that is its own authority, and its key, as TLS servers take them. */
export function selfMadeCertificate(): { cert: string; key: string } {
	const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
	const name = sequence(
		der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('127.0.0.1')))),
	);
	const validity = sequence(
		der(0x17, Buffer.from('200101000000Z')),
		der(0x17, Buffer.from('490101000000Z')),
	);
	const address = sequence(der(0x87, Buffer.from([127, 0, 0, 1])));
	const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
	const extensions = sequence(
		sequence(oid(0x55, 0x1d, 0x11), der(0x04, address)),
		sequence(oid(0x55, 0x1d, 0x13), der(0x04, isAuthority)),
	);
	const signed = sequence(
		der(0xa0, der(0x02, Buffer.from([2]))),
		der(0x02, Buffer.from([1])),
		algorithm,
		name,
		validity,
		name,
		publicKey.export({ type: 'spki', format: 'der' }),
		der(0xa3, extensions),
	);
	const signature = sign('sha256', signed, privateKey);
	const whole = sequence(signed, algorithm, der(0x03, Buffer.from([0]), signature));
	const lines = whole.toString('base64').replace(/.{64}/g, '$&\n');
	return {
		cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
		key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
	};
}

/** Lets this process trust a certificate, beside all others; returns how to end that. */
export function trust(cert: string): () => void {
	const original = tls.createSecureContext;
	tls.createSecureContext = (options) =>
		original({ ...options, ca: [...tls.rootCertificates, cert] });
	return () => {
		tls.createSecureContext = original;
	};
}
