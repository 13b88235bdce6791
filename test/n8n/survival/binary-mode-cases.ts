/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { IBinaryData } from 'n8n-workflow';

import { nodeError, outputItems } from '../../../tools/engine/run-results';
import { EXAMPLES_FOLDER } from '../chains/examples';
import type { N8nBench } from '../../../tools/n8n/n8n-bench';
import type { BinaryDataMode } from '../../../tools/n8n/n8n-server';
import { EVOLINK, evolinkWorkflow, HASH_FILE, NEXT, startWorkflow } from './evolink-workflow';

/** More than one piece in any mode, and far more than a small video. */
const LARGE_PADDING_BYTES = 24 * 1024 * 1024;

/** How the id of a file begins; in memory it has none. */
const ID_OF_FILE: Readonly<Record<BinaryDataMode, RegExp | undefined>> = {
	default: undefined,
	filesystem: /^filesystem/,
	database: /^database:/,
};

function sha256(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}

function expectKeptIn(mode: BinaryDataMode, file: IBinaryData): void {
	const pattern = ID_OF_FILE[mode];
	if (pattern === undefined) expect(file.id).toBeUndefined();
	else expect(file.id).toMatch(pattern);
}

/** The tests of one of n8n's ways to keep files, in an n8n that was started with it. */
export function describeBinaryMode(
	mode: BinaryDataMode,
	bench: () => Pick<N8nBench, 'api' | 'sandbox' | 'credential'>,
): void {
	describe(`with n8n's binary data mode "${mode}"`, () => {
		it.each([
			['a small video', 0],
			['a large video', LARGE_PADDING_BYTES],
		])('the picture goes up and %s gets to the next node byte for byte', async (_, padding) => {
			const { api, sandbox, credential } = bench();
			const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
			const prompt = `${mode} ${padding}`;
			sandbox.planTask({
				match: { promptIncludes: prompt },
				outcome: { status: 'completed', mediaPaddingBytes: padding },
			});
			const file = evolinkWorkflow({
				startedBy: 'form',
				parameters: { imageSource: 'binary', binaryPropertyName: 'Image', prompt },
				next: HASH_FILE,
			});
			const workflow = await api.createWorkflow(file, [credential]);

			const executionId = await startWorkflow(api, workflow, {
				Image: { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes },
			});
			const execution = await api.waitForExecution(executionId);

			expect(nodeError(execution)).toBeUndefined();
			expect(execution.status).toBe('success');
			const [paid, ...others] = sandbox.bill.filter((entry) => entry.prompt === prompt);
			expect(others).toEqual([]);
			const [upload] = sandbox.requestsOf('upload').slice(-1);
			expect(upload.upload?.sha256).toBe(sha256(bytes));
			const media = sandbox.mediaOf(paid.taskId);
			expect(media.sizeBytes).toBeGreaterThan(padding);
			const [row] = outputItems(execution, NEXT);
			expect(row.json).toMatchObject({ taskId: paid.taskId, sha256: media.sha256 });
			const [{ binary }] = outputItems(execution, EVOLINK);
			if (binary === undefined) throw new Error('The row has no file');
			expectKeptIn(mode, binary.data);
			expect(sha256(await api.readBinary(binary.data))).toBe(media.sha256);
		});
	});
}
