import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readImage } from '../../../nodes/Evolink/evolink/image';
import { findModel } from '../../../nodes/Evolink/evolink/models';
import type { ImageRules } from '../../../nodes/Evolink/evolink/models';
import { checkImage } from '../../../nodes/Evolink/n8n/imageFile';
import { expectPlainWords, failureOf } from './failure-of';

/** The limits of the Hailuo models. */
export const LIMITS = findModel('MiniMax-Hailuo-2.3-Fast').image;

/** The folder of real files. */
export const CORPUS = join(__dirname, 'image-corpus');

/** Returns a real file of the corpus. */
export function corpusFile(name: string): Buffer {
	return readFileSync(join(CORPUS, name));
}

/** Returns the format that the node takes the file for; throws the node's own refusal. */
export function takenAs(file: Buffer, rules: ImageRules = LIMITS): string {
	return checkImage(file, file.length, rules, { image: 'The image', file: 'The file' }).format;
}

/** Returns what the node tells the user of a file that it refuses. */
export function refusalOf(
	file: Buffer,
	rules: ImageRules = LIMITS,
): { message: string; description: string } {
	const details = failureOf(() => takenAs(file, rules));
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
	const image = readImage(file);
	return `${image?.format}, ${image?.widthPx} × ${image?.heightPx}`;
}
