/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

import { checkImage, readImageHeader } from '../../../nodes/Evolink/evolink/image';
import { findModel } from '../../../nodes/Evolink/evolink/models';
import { expectPlainWords, failureOf } from './failure-of';

/** The limits of the Hailuo models. */
const { image: LIMITS } = findModel('MiniMax-Hailuo-2.3-Fast');

/** Returns a real file of the corpus. */
export function corpusFile(name: string): Buffer {
	return readFileSync(join(__dirname, 'image-corpus', name));
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(data.length);
	checksum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, checksum]);
}

/** Returns a whole PNG in black of that size. */
export function wholePng(widthPx: number, heightPx: number, sizeBytes = 0): Buffer {
	const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
	header.writeUInt32BE(widthPx, 0);
	header.writeUInt32BE(heightPx, 4);
	const rows = Buffer.alloc(heightPx * (1 + Math.ceil(widthPx / 8)));
	const parts = (fill: number) => [
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		chunk('IHDR', header),
		...(fill < 0 ? [] : [chunk('teSt', Buffer.alloc(fill))]),
		chunk('IDAT', deflateSync(rows)),
		chunk('IEND', Buffer.alloc(0)),
	];
	const shortest = Buffer.concat(parts(-1));
	return sizeBytes === 0 ? shortest : Buffer.concat(parts(sizeBytes - shortest.length - 12));
}

/** Returns the format that the node takes the file for; throws the node's own refusal. */
export function takenAs(file: Buffer): string {
	return checkImage(file, file.length, LIMITS);
}

/** Returns what the node tells the user of a file that it refuses. */
export function refusalOf(file: Buffer): { message: string; description: string } {
	const details = failureOf(() => takenAs(file));
	expect(details.kind).toBe('input');
	expectPlainWords(details);
	return details;
}

/** Returns "jpeg, 480 × 360" for a file that is taken, or the message of the refusal. */
export function verdictOn(file: Buffer): string {
	try {
		takenAs(file);
	} catch {
		return refusalOf(file).message;
	}
	const header = readImageHeader(file);
	return `${header?.format}, ${header?.widthPx} × ${header?.heightPx}`;
}
