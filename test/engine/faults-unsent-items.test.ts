import { useEvolink } from './evolink-workflow';
import { testsOnOwnSandbox } from './own-sandbox';
import { trafficOf } from './traffic';
import type { Sandbox } from '../../sandbox';

// In real time, since the pauses between submissions are what keeps the others from being sent.
jest.unmock('../../nodes/Evolink/time/clock');

const evolink = useEvolink({ generationSeconds: 0 });
const itAlone = testsOnOwnSandbox(evolink);

/** n8n takes 0 for "not set" and waits a second. */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 4, waitBetweenTries: 1 };

const numbered = (count: number) => ({
	items: Array.from({ length: count }, (_, number) => ({ json: { prompt: `<${number}>` } })),
	parameters: { prompt: '={{ $json.prompt }}' },
});

/** How often each prompt was submitted, in the order of the items. */
const submissionsOf = (sandbox: Sandbox, count: number) =>
	Array.from(
		{ length: count },
		(_, number) => trafficOf(sandbox, `<${number}>`).submissions.length,
	);

describe('one of four items meets the page of a gateway', () => {
	const gatewayPage = { kind: 'status', status: 502, html: true } as const;
	const itemZero = { promptIncludes: '<0>' };

	itAlone(
		'and no retry sends that one again, nor pays for the others while the run is bound to fail',
		async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'submit', match: itemZero, fault: gatewayPage, times: Infinity });

			const { error } = await run({ ...numbered(4), node: RETRY_ON_FAIL });

			expect(error).toMatchObject({ context: { itemIndex: 0 } });
			expect(error?.message).toMatch(/may have been started/);
			expect(error?.description).not.toMatch(/of other items may have been started/);
			expect(submissionsOf(sandbox, 4)[0]).toBe(1);
		},
	);

	itAlone(
		'and those that were never sent are made by a retry that continues on failure',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'submit', match: itemZero, fault: gatewayPage, times: Infinity });

			const failed = await run({ ...numbered(4), node: RETRY_ON_FAIL });
			const settings = { ...numbered(4), node: { onError: 'continueRegularOutput' as const } };
			const { rows } = await retry(failed, settings, 'current');

			expect(Object(rows[0].json.error).message).toMatch(/may have been started/);
			expect(rows.slice(1).map(({ json }) => json.status)).toEqual(Array(3).fill('completed'));
			expect(submissionsOf(sandbox, 4)).toEqual([1, 1, 1, 1]);
		},
	);
});
