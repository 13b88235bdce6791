import { NODE_NAME, PICTURE_LINK, useEvolink } from './evolink-workflow';

const evolink = useEvolink();

describe('Video > Create with all defaults', () => {
	it('submits once, waits, downloads the video and puts out one paired row', async () => {
		const { rows, error, run } = await evolink.run({ parameters: { prompt: 'A cat looks up' } });

		expect(error).toBeUndefined();
		expect(run.data.resultData.runData[NODE_NAME]).toHaveLength(1);
		expect(rows).toHaveLength(1);
		const [{ taskId }] = evolink.sandbox.bill;
		expect(rows[0].json).toMatchObject({
			taskId,
			status: 'completed',
			prompt: 'A cat looks up',
			imageUrl: PICTURE_LINK,
		});
		expect(rows[0].pairedItem).toEqual({ item: 0 });
		const video = await evolink.engine.readBinary(rows[0].binary!.data);
		expect(video.equals(evolink.sandbox.mediaOf(taskId).bytes())).toBe(true);
		expect(evolink.sandbox.violations).toEqual([]);
	});
});
