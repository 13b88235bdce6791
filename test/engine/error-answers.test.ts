import type { ErrorFormat, FaultAction } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { SPEED } from './quick-clock';
import type { EvolinkResult } from './evolink-workflow';
import { sideBySide, testsSideBySide, useLastingSandbox } from './concurrent-tests';
import { promptFor, trafficOf } from './traffic';
import type { Traffic } from './traffic';

const evolink = useEvolink();
const tables = useLastingSandbox();

type BodyForm = ErrorFormat | 'html' | 'empty';
/** The API's own answers, and what comes from something between n8n and the API. */
const OWN_FORMS: BodyForm[] = ['integer', 'string'];
const FOREIGN_FORMS: BodyForm[] = ['html', 'empty'];

/** The field that a 400 complains about, in bodies that can say so. */
const PARAM = 'image_urls';

function errorAnswer(status: number, form: BodyForm): FaultAction {
	if (form === 'html') return { kind: 'status', status, html: true };
	if (form === 'empty') return { kind: 'status', status, empty: true };
	return { kind: 'status', status, format: form, ...(status === 400 ? { param: PARAM } : {}) };
}

interface ErrorCase {
	status: number;
	form: BodyForm;
	message: RegExp;
	nextStep: RegExp;
}

/** The statuses, each in these forms of body. */
function inForms(
	forms: BodyForm[],
	rows: Array<{ status: number; message: RegExp; nextStep: RegExp }>,
): ErrorCase[] {
	return rows.flatMap((row) => forms.map((form) => ({ ...row, form })));
}

interface Outcome extends Traffic {
	result: EvolinkResult;
	seconds: number;
}

/** Runs one item, with the fault in the way for good. */
async function meet(
	{ status, form }: ErrorCase,
	timeout: number,
	pollInterval?: number,
): Promise<Outcome> {
	const prompt = promptFor(`${status} ${form} ${timeout}`);
	const sandbox = tables.current;
	sandbox.addFault({
		on: 'read',
		match: { promptIncludes: prompt },
		times: Infinity,
		fault: errorAnswer(status, form),
	});
	const startedMs = Date.now();
	const result = await evolink.run({
		sandbox,
		parameters: { prompt, options: { timeout, pollInterval } },
	});
	return { result, seconds: (Date.now() - startedMs) / 1000, ...trafficOf(sandbox, prompt) };
}

function expectApiError(result: EvolinkResult, { status, message, nextStep }: ErrorCase): void {
	expect(result.error).toMatchObject({
		name: 'NodeApiError',
		httpCode: String(status),
		message: expect.stringMatching(message),
		description: expect.stringMatching(nextStep),
		context: { itemIndex: 0 },
	});
}

describe('an error answer to a status read that no patience helps against', () => {
	const cases = inForms(OWN_FORMS, [
		{ status: 400, message: /did not accept the request/, nextStep: /the field 'image_urls'/ },
		{ status: 401, message: /API key/, nextStep: /credential.*dashboard\/keys/ },
		{ status: 402, message: /too few credits/, nextStep: /dashboard\/billing/ },
		{ status: 403, message: /not allowed/, nextStep: /account that created the task/ },
		{
			status: 404,
			message: /does not know a task with this ID/,
			nextStep: /Check it for typing mistakes/,
		},
	]);
	const outcomeOf = sideBySide(cases, async (one) => await meet(one, 20));

	it.each(cases)(
		'fails the item at once and names the paid task (HTTP $status, body: $form)',
		async (one) => {
			const { result, reads, charges, taskIds, seconds } = await outcomeOf(one);

			expectApiError(result, one);
			expect(reads).toHaveLength(1);
			expect(charges).toHaveLength(1);
			expect(result.error?.description).toContain(taskIds[0]);
			expect(result.error?.description).toContain('Task > Get with this ID');
			expect(seconds).toBeLessThan(10);
		},
	);
});

describe('an error answer to every status read that may pass', () => {
	const nextStep = /wait longer, raise 'Timeout \(Seconds\)'/;
	const message = new RegExp(`was not finished within ${3 * SPEED} seconds`);
	const rowsOf = (statuses: number[]) => statuses.map((status) => ({ status, message, nextStep }));
	const cases = [
		...inForms(OWN_FORMS, rowsOf([429, 500, 502, 503])),
		...inForms(FOREIGN_FORMS, rowsOf([400, 401, 402, 403, 404, 429, 500, 502, 503])),
	];
	const outcomeOf = sideBySide(cases, async (one) => await meet(one, 3 * SPEED, SPEED));

	it.each(cases)(
		'fails the item at its timeout and not before (HTTP $status, body: $form)',
		async (one) => {
			const { result, reads, charges, taskIds, seconds } = await outcomeOf(one);

			expectApiError(result, one);
			expect(result.error?.description).toContain(`(HTTP ${one.status})`);
			expect(result.error?.description).toContain(taskIds[0]);
			expect(result.error?.description).toContain('Task > Get with this ID');
			expect(reads.length).toBeGreaterThan(1);
			expect(charges).toHaveLength(1);
			expect(seconds * SPEED).toBeGreaterThan(2.9 * SPEED);
			expect(seconds).toBeLessThan(5);
		},
	);
});

describe('the error of an item', () => {
	const items = [0, 1, 2].map((number) => ({ json: { prompt: `<item ${number}>` } }));

	evolink.it('says which item it is about when the API refuses it', async ({ sandbox, run }) => {
		sandbox.addFault({
			on: 'submit',
			match: { promptIncludes: '<item 2>' },
			fault: { kind: 'status', status: 400 },
		});

		const { error } = await run({ items, parameters: { prompt: '={{ $json.prompt }}' } });

		expect(error).toMatchObject({ name: 'NodeApiError', context: { itemIndex: 2 } });
	});

	it('says which item it is about when its fields are wrong, before anything is sent', async () => {
		const { error } = await evolink.run({
			items,
			parameters: {
				prompt: '={{ $json.prompt }}',
				imageUrl: '={{ $itemIndex === 1 ? "no link" : "https://example.com/a.jpg" }}',
			},
		});

		expect(error).toMatchObject({
			name: 'NodeOperationError',
			context: { itemIndex: 1 },
			message: expect.stringContaining("'Image URL'"),
			description: expect.stringMatching(/Paste the image's own link/),
		});
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('says where a wrong address leads, and sends the key nowhere else', async () => {
		const elsewhere = await evolink.ownSandbox({});
		evolink.sandbox.addFault({
			on: 'submit',
			fault: { kind: 'redirect', status: 308, location: `${elsewhere.url}/v1/videos/generations` },
		});

		const { error } = await evolink.run({});

		expect(error).toMatchObject({
			name: 'NodeApiError',
			httpCode: '308',
			message: expect.stringMatching(/points elsewhere/),
			description: expect.stringContaining(elsewhere.url),
		});
		expect(elsewhere.requests).toEqual([]);
		expect(evolink.sandbox.bill).toEqual([]);
	});

	evolink.it('names the task when a status read is sent elsewhere', async ({ sandbox, run }) => {
		sandbox.addFault({
			on: 'read',
			fault: { kind: 'redirect', location: 'https://example.com/' },
		});

		const { error } = await run({});

		const [{ taskId }] = sandbox.bill;
		expect(error).toMatchObject({ name: 'NodeApiError', httpCode: '302' });
		expect(error?.description).toContain(taskId);
		expect(error?.description).toContain('Task > Get with this ID');
	});
});
