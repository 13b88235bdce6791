import type { ErrorFormat, FaultAction } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { sideBySide, testsSideBySide, useLastingSandbox } from './concurrent-tests';
import { promptFor, trafficOf } from './traffic';
import type { Traffic } from './traffic';

const evolink = useEvolink();
const itSideBySide = testsSideBySide(evolink);
const tables = useLastingSandbox();

type BodyForm = ErrorFormat | 'html' | 'empty';
const BODY_FORMS: BodyForm[] = ['integer', 'string', 'html', 'empty'];

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

/** The statuses in every form of body; `nextStep` can depend on whether the body can be read. */
function everyForm(
	rows: Array<{ status: number; message: RegExp; nextStep: RegExp; withoutBody?: RegExp }>,
): ErrorCase[] {
	return rows.flatMap(({ status, message, nextStep, withoutBody = nextStep }) =>
		BODY_FORMS.map((form) => ({
			status,
			form,
			message,
			nextStep: form === 'html' || form === 'empty' ? withoutBody : nextStep,
		})),
	);
}

interface Outcome extends Traffic {
	result: EvolinkResult;
	seconds: number;
}

/** Runs one item, with the fault in the way for good. */
async function meet(
	on: 'submit' | 'read',
	{ status, form }: ErrorCase,
	timeout: number,
): Promise<Outcome> {
	const prompt = promptFor(`${on} ${status} ${form}`);
	const sandbox = tables.current;
	sandbox.addFault({
		on,
		match: { promptIncludes: prompt },
		times: Infinity,
		fault: errorAnswer(status, form),
	});
	const startedMs = Date.now();
	const result = await evolink.run({ sandbox, parameters: { prompt, options: { timeout } } });
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

describe('an error answer to a submission', () => {
	const cases = everyForm([
		{
			status: 400,
			message: /did not accept the request/,
			nextStep: /the field 'image_urls'/,
			withoutBody: /fields/,
		},
		{ status: 401, message: /API key/, nextStep: /credential.*dashboard\/keys/ },
		{
			status: 402,
			message: /too few credits/,
			nextStep: /Top up.*https:\/\/evolink\.ai\/dashboard\/billing/,
		},
		{ status: 403, message: /not allowed/, nextStep: /allow this model for the key/ },
		{ status: 404, message: /nothing at this address/, nextStep: /addresses in the .* credential/ },
		{
			status: 429,
			message: /too many requests/,
			nextStep: /Wait a minute.*'Max Concurrent Videos'/,
		},
		{ status: 500, message: /internal fault/, nextStep: /Wait a few minutes/ },
		{ status: 502, message: /did not answer/, nextStep: /Wait a few minutes/ },
		{ status: 503, message: /not available/, nextStep: /Wait a few minutes/ },
	]);
	const outcomeOf = sideBySide(cases, async (one) => await meet('submit', one, 2));

	it.each(cases)('is reported in plain words (HTTP $status, body: $form)', async (one) => {
		const { result, submissions, charges, reads } = await outcomeOf(one);

		expectApiError(result, one);
		expect(result.rows).toEqual([]);
		expect(charges).toEqual([]);
		expect(reads).toEqual([]);
		// Only a 429 says for certain that nothing was accepted, so only that is repeated.
		if (one.status === 429) expect(submissions.length).toBeGreaterThan(1);
		else expect(submissions).toHaveLength(1);
	});

	it.each(cases.filter(({ form }) => form === 'integer' || form === 'string'))(
		"quotes the API's own words (HTTP $status, body: $form)",
		async (one) => {
			const { result } = await outcomeOf(one);

			expect(result.error?.description).toMatch(/Evolink says: ".+"\. /);
		},
	);

	it.each(cases.filter(({ form }) => form === 'html' || form === 'empty'))(
		"shows nothing of a body that is not the API's (HTTP $status, body: $form)",
		async (one) => {
			const { result } = await outcomeOf(one);
			const words = `${result.error?.message} ${String(result.error?.description)}`;

			expect(words).not.toMatch(/<|undefined|null|Sandbox|Evolink says/);
		},
	);
});

describe('an error answer to a status read that no patience helps against', () => {
	const cases = everyForm([
		{
			status: 400,
			message: /did not accept the request/,
			nextStep: /the field 'image_urls'/,
			withoutBody: /fields/,
		},
		{ status: 401, message: /API key/, nextStep: /credential.*dashboard\/keys/ },
		{ status: 402, message: /too few credits/, nextStep: /dashboard\/billing/ },
		{ status: 403, message: /not allowed/, nextStep: /account that created the task/ },
		{ status: 404, message: /does not know this task/, nextStep: /Check the task ID/ },
	]);
	const outcomeOf = sideBySide(cases, async (one) => await meet('read', one, 20));

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
	const message = /was not finished within 3 seconds/;
	const cases = everyForm([429, 500, 502, 503].map((status) => ({ status, message, nextStep })));
	const outcomeOf = sideBySide(cases, async (one) => await meet('read', one, 3));

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
			expect(seconds).toBeGreaterThan(2.9);
			expect(seconds).toBeLessThan(5);
		},
	);
});

describe('the error of an item', () => {
	const items = [0, 1, 2].map((number) => ({ json: { prompt: `<item ${number}>` } }));

	itSideBySide('says which item it is about when the API refuses it', async ({ sandbox, run }) => {
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
			description: expect.stringMatching(/Paste the picture's own link/),
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

	itSideBySide('names the task when a status read is sent elsewhere', async ({ sandbox, run }) => {
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
