import { CONTINUE_ON_FAIL, RETRY_ON_FAIL, useEvolink } from './evolink-workflow';
import { sentRequestTimes } from './sent-requests';
import { trafficOf } from './traffic';
import type { Sandbox } from '../../sandbox';

// In real time: the pauses between submissions are what keeps the others from being sent.
jest.unmock('../../nodes/Evolink/time/clock');

const evolink = useEvolink();

const numbered = (count: number) => ({
	items: Array.from({ length: count }, (_, number) => ({
		json: { prompt: `<${number}>` },
	})),
	parameters: { prompt: '={{ $json.prompt }}' },
});

/** How often each prompt was submitted, in the order of the items. */
const submissionsOf = (sandbox: Sandbox) =>
	numbered(4).items.map(({ json }) => trafficOf(sandbox, json.prompt).submissions.length);

/** Item 0 of four meets the page of a gateway; n8n tries again by itself. */
async function failItemZero() {
	evolink.sandbox.addFault({
		on: 'submit',
		match: { promptIncludes: '<0>' },
		times: Infinity,
		fault: { kind: 'status', status: 502, html: true },
	});
	return await evolink.run({ ...numbered(4), node: RETRY_ON_FAIL });
}

it('the submissions of one execution start at least 100 ms apart', async () => {
	const before = sentRequestTimes(evolink.sandbox).length;
	await evolink.run({ ...numbered(8), parameters: { waitForCompletion: false } });

	const times = sentRequestTimes(evolink.sandbox).slice(before);
	expect(times).toHaveLength(8);
	const pauses = times.slice(1).map((ms, index) => ms - times[index]);
	// What leaves late on a busy machine makes one pause longer and the next one shorter.
	const median = pauses.sort((a, b) => a - b)[3];
	expect(median).toBeGreaterThan(90);
});

it('an item that met the page of a gateway is sent once, and no other one is unclear', async () => {
	const { error } = await failItemZero();

	expect(error).toMatchObject({ context: { itemIndex: 0 } });
	expect(error?.message).toMatch(/may have been started/);
	expect(error?.description).not.toMatch(/of other items may have been started/);
	expect(submissionsOf(evolink.sandbox)[0]).toBe(1);
});

it('items that were never sent are made by a retry that continues on failure', async () => {
	const failed = await failItemZero();
	const settings = { ...numbered(4), node: CONTINUE_ON_FAIL };
	const { rows } = await evolink.retry(failed, settings, 'current');

	expect(Object(rows[0].json.error).message).toMatch(/may have been started/);
	expect(rows.slice(1).map(({ json }) => json.status)).toEqual(Array(3).fill('completed'));
	expect(submissionsOf(evolink.sandbox)).toEqual([1, 1, 1, 1]);
});
