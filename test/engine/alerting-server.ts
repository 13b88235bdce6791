import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, request as sendRequest } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';

import type { Sandbox } from '../../sandbox';
import { addressOf, listenOnLoopback } from './loopback-server';

function der(tag: number, ...content: Uint8Array[]): Buffer {
	const body = Buffer.concat(content);
	const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...content: Uint8Array[]) => der(0x30, ...content);
const oid = (...bytes: number[]) => der(0x06, Buffer.from(bytes));

/** A certificate for 127.0.0.1 that is its own authority, and its key, as TLS servers take them. */
function selfMadeCertificate(): { cert: string; key: string } {
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
function trust(cert: string): () => void {
	const original = tls.createSecureContext;
	tls.createSecureContext = (options) =>
		original({ ...options, ca: [...tls.rootCertificates, cert] });
	return () => {
		tls.createSecureContext = original;
	};
}

/**
 * Starts an HTTPS server that hands each request on to the sandbox, and when the sandbox has dealt
 * with it, ends the connection by a fatal TLS alert instead of the answer. This process trusts it.
 */
export async function startAlertingServer(target: Sandbox) {
	const certificate = selfMadeCertificate();
	const endTrust = trust(certificate.cert);
	let requestCount = 0;
	// Whatever a record of the handshake is worth after it: TLS 1.3 answers it by unexpected_message.
	const strayRecord = Buffer.from([0x16, 3, 3, 0, 4, 0, 0, 0, 0]);
	const http = createServer((req, res) => {
		requestCount++;
		const onward = sendRequest(
			new URL(req.url ?? '/', target.url),
			{ method: req.method, headers: req.headers },
			(answer) => answer.resume().once('end', () => strays.get(res.socket!)?.push(strayRecord)),
		);
		req.pipe(onward);
	});
	const strays = new Map<object, Duplex>();
	const tcp = createTcpServer((socket) => {
		const line = new Duplex({
			read() {},
			write: (piece, _encoding, done) => void socket.write(piece, () => done()),
			final: (done) => void socket.end(() => done()),
		});
		socket.on('data', (piece) => line.push(piece)).once('end', () => line.push(null));
		const secure = new tls.TLSSocket(line, { isServer: true, ...certificate });
		strays.set(secure, line);
		secure.on('error', () => {});
		http.emit('connection', secure);
	});
	const close = await listenOnLoopback(tcp);
	return {
		url: addressOf(tcp, 'https'),
		requestCount: () => requestCount,
		async close() {
			endTrust();
			await close();
		},
	};
}
