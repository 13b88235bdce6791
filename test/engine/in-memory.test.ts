import type { FaultAction } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { imageBytes } from './image-bytes';

// An engine is started once in a process, so n8n's other way to keep files has this file.
const evolink = useEvolink({ binaryDataMode: 'default' });

/** The whole video, inside the item. */
async function expectVideo(
	{ rows, error }: Awaited<ReturnType<typeof evolink.run>>,
	sandbox: typeof evolink.sandbox,
): Promise<void> {
	expect(error).toBeUndefined();
	const { id, ...video } = rows[0].binary!.data;
	expect(id).toBeUndefined();
	const [{ taskId }] = sandbox.tasks();
	expect(video).toMatchObject({ fileName: `${taskId}.mp4`, mimeType: 'video/mp4' });
	const bytes = await evolink.engine.readBinary(video);
	expect(bytes.equals(sandbox.mediaOf(taskId).bytes())).toBe(true);
}

describe('where n8n keeps files in memory', () => {
	for (const field of ['data', '={{ $input.item.binary.data }}']) {
		evolink.it(`the image goes up and the video comes down: ${field}`, async (bench) => {
			const { sandbox, run } = bench;
			const image = imageBytes('png', 640, 480, 300_000);
			const data = await evolink.engine.storeBinary(image, 'cat.png', 'image/png');
			const result = await run({
				parameters: { imageSource: 'binary', binaryPropertyName: field },
				items: [{ json: {}, binary: { data } }],
			});

			await expectVideo(result, sandbox);
			const [{ upload }] = sandbox.requestsOf('upload');
			expect(upload).toMatchObject({ sizeBytes: image.length, hasContentLength: true });
			expect(sandbox.bill[0].imageUrl).toBe(upload?.fileUrl);
		});
	}

	evolink.it('a large video comes down, also without a Content-Length', async (bench) => {
		bench.sandbox.planTask({
			outcome: {
				status: 'completed',
				mediaPaddingBytes: 5_000_000,
				media: { withoutContentLength: true },
			},
		});
		await expectVideo(await bench.run({}), bench.sandbox);
	});

	const faults: FaultAction[] = [
		{ kind: 'truncated-media' },
		{ kind: 'reset-before-acceptance' },
		{ kind: 'empty' },
	];
	for (const fault of faults) {
		evolink.it(`a download is made again after trouble (${fault.kind})`, async (bench) => {
			bench.sandbox.addFault({ on: 'media', fault });

			await expectVideo(await bench.run({}), bench.sandbox);
			expect(bench.sandbox.requestsOf('media')).toHaveLength(2);
		});
	}

	evolink.it('a download ends after five minutes when it stalls', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'media', times: Infinity, fault: { kind: 'stalled-media' } });

		const startedMs = Date.now();
		const { error } = await run({ parameters: { options: { timeout: 3 } } });

		expect(error?.message).toMatch(/broke off on the way/);
		expect(Date.now() - startedMs).toBeLessThan(25_000);
	});
});
