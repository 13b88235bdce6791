import { createHash } from 'node:crypto';
import type { INodeExecutionData } from 'n8n-workflow';

import { CORPUS } from '../unit/evolink/picture-corpus/corpus';
import type { CorpusPicture } from '../unit/evolink/picture-corpus/corpus';
import { testsSideBySide } from './concurrent-tests';
import { useEvolink } from './evolink-workflow';
import { expectRefusal, expectRefusedRow } from './refusals';

const evolink = useEvolink();
const itSideBySide = testsSideBySide(evolink);

const UPLOAD_AND_SUBMIT = {
	imageSource: 'binary',
	waitForCompletion: false,
	options: { maxConcurrent: 20 },
};

const TAKEN = CORPUS.flatMap(({ bytes, expected, name }) =>
	'format' in expected ? [{ bytes, name, expected, format: expected.format }] : [],
);
const REFUSED = CORPUS.flatMap(({ bytes, expected, name }) =>
	'refused' in expected ? [{ bytes, name, expected, message: expected.refused }] : [],
);

/** Small enough for one execution, which sends only so many requests in a second. */
const PICTURES_PER_EXECUTION = 10;

/** An item whose file claims to be a JPEG, whatever it is. */
async function itemWith({ bytes }: CorpusPicture): Promise<INodeExecutionData> {
	const file = await evolink.engine.storeBinary(bytes(), 'holiday.jpg', 'image/jpeg');
	return { json: {}, binary: { data: file } };
}

describe('The corpus of pictures in a workflow', () => {
	itSideBySide('every refused one sends no request', async ({ sandbox, run }) => {
		const { rows, error } = await run({
			parameters: UPLOAD_AND_SUBMIT,
			items: await Promise.all(REFUSED.map(itemWith)),
			node: { onError: 'continueRegularOutput' },
		});

		expect(error).toBeUndefined();
		expect(rows).toHaveLength(REFUSED.length);
		for (const [itemIndex, { message }] of REFUSED.entries()) {
			expectRefusedRow(rows[itemIndex], { itemIndex, message });
		}
		expect(sandbox.requests).toEqual([]);
	});

	itSideBySide('a refused one keeps all others from being sent', async ({ sandbox, run }) => {
		const [good] = TAKEN;
		const [bad] = REFUSED;
		const result = await run({
			parameters: UPLOAD_AND_SUBMIT,
			items: await Promise.all([good, good, bad].map(itemWith)),
		});

		expectRefusal(result, { itemIndex: 2, message: bad.message });
		expect(sandbox.requests).toEqual([]);
	});

	for (let start = 0; start < TAKEN.length; start += PICTURES_PER_EXECUTION) {
		const pictures = TAKEN.slice(start, start + PICTURES_PER_EXECUTION);
		const names = pictures.map(({ name }) => name).join(', ');
		itSideBySide(`arrives as it is: ${names}`, async ({ sandbox, run }) => {
			const { rows, error } = await run({
				parameters: UPLOAD_AND_SUBMIT,
				items: await Promise.all(pictures.map(itemWith)),
			});

			expect(error).toBeUndefined();
			const uploads = sandbox.requestsOf('upload').map(({ upload }) => upload);
			for (const [itemIndex, { bytes, format }] of pictures.entries()) {
				const upload = uploads.find((each) => each?.fileUrl === rows[itemIndex].json.imageUrl);
				expect(upload?.sha256).toBe(createHash('sha256').update(bytes()).digest('hex'));
				expect(upload?.claimedMimeType).toBe(`image/${format}`);
			}
			expect(sandbox.violations).toEqual([]);
		});
	}
});
