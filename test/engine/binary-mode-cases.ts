import { createHash } from 'node:crypto';
import type { IBinaryData } from 'n8n-workflow';

import type { BinaryDataMode } from '../../tools/engine';
import { useEvolink } from './evolink-workflow';
import { imageBytes } from './image-bytes';

function sha256(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The tests of one of n8n's ways to keep files. An engine can be started only once in a process,
 * so each way has a test file of its own.
 */
export function describeBinaryMode(mode: BinaryDataMode): void {
	const evolink = useEvolink({ binaryDataMode: mode });

	const expectKeptIn = (binary: IBinaryData | undefined) => {
		if (mode === 'default') {
			expect(binary?.id).toBeUndefined();
			expect(binary?.data.length).toBeGreaterThan(100);
		} else {
			expect(binary?.id).toMatch(/^filesystem/);
		}
	};

	describe(`With n8n's binary data mode "${mode}"`, () => {
		it.each([
			['by its field name', 'data'],
			['as the file itself by expression', '={{ $input.item.binary.data }}'],
			// n8n hands $binary out without the bytes, so there is nothing of a file in memory.
			...(mode === 'default' ? [] : [['as $binary by expression', '={{ $binary.data }}']]),
		])(
			'the picture, given %s, goes up and the video comes down byte for byte',
			async (_case, field) => {
				const picture = imageBytes('png', 640, 480, 300_000);
				const stored = await evolink.engine.storeBinary(picture, 'cat.png', 'image/png');
				expectKeptIn(stored);

				const { rows, error } = await evolink.run({
					parameters: { imageSource: 'binary', binaryPropertyName: field },
					items: [{ json: {}, binary: { data: stored } }],
				});

				expect(error).toBeUndefined();
				const [{ upload }] = evolink.sandbox.requestsOf('upload');
				expect(upload).toMatchObject({
					sha256: sha256(picture),
					sizeBytes: picture.length,
					hasContentLength: true,
				});
				const [{ taskId, imageUrl }] = evolink.sandbox.bill;
				expect(imageUrl).toBe(upload?.fileUrl);
				const video = rows[0].binary?.data;
				expectKeptIn(video);
				expect(video).toMatchObject({ fileName: `${taskId}.mp4`, mimeType: 'video/mp4' });
				const bytes =
					video === undefined ? Buffer.alloc(0) : await evolink.engine.readBinary(video);
				expect(sha256(bytes)).toBe(evolink.sandbox.mediaOf(taskId).sha256);
				expect(evolink.sandbox.violations).toEqual([]);
			},
		);

		it('a video of several megabytes comes down complete, also without a Content-Length', async () => {
			const taskIds = [false, true].map((withoutContentLength) =>
				evolink.sandbox.addTask({
					generationSeconds: 0,
					outcome: {
						status: 'completed',
						mediaPaddingBytes: 5_000_000,
						media: { withoutContentLength },
					},
				}),
			);
			const { rows, error } = await evolink.run({
				parameters: {
					resource: 'task',
					operation: 'get',
					taskId: '={{ $json.taskId }}',
					downloadVideo: true,
				},
				items: taskIds.map((taskId) => ({ json: { taskId } })),
			});

			expect(error).toBeUndefined();
			for (const [index, taskId] of taskIds.entries()) {
				const video = rows[index].binary?.data;
				const bytes =
					video === undefined ? Buffer.alloc(0) : await evolink.engine.readBinary(video);
				expect(bytes).toHaveLength(evolink.sandbox.mediaOf(taskId).sizeBytes);
				expect(sha256(bytes)).toBe(evolink.sandbox.mediaOf(taskId).sha256);
			}
		});
	});
}
