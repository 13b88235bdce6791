import { nodeError } from '../../../tools/engine/run-results';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { readExample } from './examples';
import { fillInForm } from './form';
import { startMailCatcher } from '../../../tools/editor/mail-catcher';

const bench = useN8n();
const REFUSED_PROMPT = '#sandbox-fail:content_policy_violation';

/** Sends the list, and returns the one report that comes. */
async function reportOn(mode: 'Rehearsal (no cost)' | 'Make the videos', rows: string[]) {
	const mailCatcher = await startMailCatcher();
	const smtp = { name: 'SMTP account', type: 'smtp', data: mailCatcher.credential };
	const workflow = await bench.api.createWorkflow(readExample('guarded-batch.json'), [
		bench.credential,
		await bench.api.createCredential(smtp),
	]);
	await bench.api.activate(workflow);
	try {
		const bytes = Buffer.from(['Image URL,Prompt', ...rows].join('\n'));
		const executionId = await fillInForm(bench.api, workflow, {
			'List of images': { fileName: 'list.csv', mimeType: 'text/csv', bytes },
			Mode: mode,
			'Send the report to': 'maria@example.com',
		});
		const execution = await bench.api.waitForExecution(executionId);
		expect(nodeError(execution)).toBeUndefined();
		expect(mailCatcher.mails).toHaveLength(1);
		const [{ email }] = mailCatcher.mails;
		return { subject: email.subject, text: email.text ?? '' };
	} finally {
		await bench.api.deactivate(workflow);
		await mailCatcher.close();
	}
}

const rowsFor = (count: number) =>
	Array.from({ length: count }, (_, index) => `https://images.example/${index}.jpg,Scene ${index}`);

describe('examples/guarded-batch.json', () => {
	it('rehearses the whole list for nothing', async () => {
		const { subject, text } = await reportOn('Rehearsal (no cost)', [
			...rowsFor(2),
			'no link,Nothing',
		]);

		expect(subject).toBe('Rehearsal (no cost): 2 of 3 worked');
		expect(text).toContain('Credits before: 1000000');
		expect(text).toContain('- https://images.example/0.jpg: rehearsed');
		expect(text).toMatch(/- no link: 'Image URL' is not a link/);
		expect(bench.sandbox.requests.map(({ kind }) => kind)).toEqual(['credits']);
	});

	it('makes the videos, and reports those that failed', async () => {
		const refused = `https://images.example/face.jpg,${REFUSED_PROMPT}`;
		const { subject, text } = await reportOn('Make the videos', [...rowsFor(2), refused]);

		expect(subject).toBe('Make the videos: 2 of 3 worked');
		for (const { mediaUrl } of bench.sandbox.tasks())
			if (mediaUrl) expect(text).toContain(mediaUrl);
		expect(text).toContain('content_policy_violation');
		expect(bench.sandbox.bill).toHaveLength(3);
	});

	it('starts nothing when the list is too long', async () => {
		const { subject, text } = await reportOn('Make the videos', rowsFor(11));

		expect(subject).toBe('Make the videos: 0 of 11 worked');
		expect(text).toContain("'Max Videos per Execution' is 10, but this would start 11 more videos");
		expect(bench.sandbox.bill).toEqual([]);
	});
});
