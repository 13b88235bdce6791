import type { FaultAction } from '../../sandbox';
import { useEvolink } from './evolink-workflow';

// The minutes that a download may take pass in seconds.
const evolink = useEvolink({ generationSeconds: 0, binaryDataMode: 'default' });

describe('a download where n8n keeps files in memory', () => {
	const faults: FaultAction[] = [
		{ kind: 'truncated-media' },
		{ kind: 'reset-before-acceptance' },
		{ kind: 'empty' },
	];

	it.each(faults)(
		'is made again after trouble and delivers the whole file ($kind)',
		async (fault) => {
			evolink.sandbox.addFault({ on: 'media', fault });

			const { rows, error } = await evolink.run({});

			expect(error).toBeUndefined();
			const [{ taskId }] = evolink.sandbox.bill;
			const video = await evolink.engine.readBinary(rows[0].binary!.data);
			expect(video.equals(evolink.sandbox.mediaOf(taskId).bytes())).toBe(true);
			expect(evolink.sandbox.requestsOf('media')).toHaveLength(2);
		},
	);

	it('ends after five minutes when the server stalls in the middle', async () => {
		evolink.sandbox.addFault({ on: 'media', times: Infinity, fault: { kind: 'stalled-media' } });

		const startedMs = Date.now();
		const { error } = await evolink.run({ parameters: { options: { timeout: 3 } } });

		expect(error?.message).toMatch(/broke off on the way/);
		expect(Date.now() - startedMs).toBeLessThan(14_000);
	});
});
