import { parseErrorBody } from '../../../nodes/Evolink/evolink/apiError';
import {
	answerFailure,
	BILLING_URL,
	describeFailedTask,
	downloadFailure,
	FAILURE_CODES,
	failedTaskFailure,
	inBetweenFailure,
	isHopeless,
	lostSubmissionFailure,
	noAnswerFailure,
	noLinkFailure,
	redirectFailure,
	timeoutFailure,
	unreadableAnswerFailure,
} from '../../../nodes/Evolink/evolink/failures';
import type { NoAnswerReason, Step } from '../../../nodes/Evolink/evolink/failures';
import type { EvolinkTask } from '../../../nodes/Evolink/evolink/task';
import { expectPlainWords } from './failure-of';

const TASK_ID = 'task-unified-1757169743-7cvnl5zw';
const STEPS: Step[] = ['submission', 'statusRead', 'upload'];
const REASONS: NoAnswerReason[] = ['dns', 'refused', 'notSent', 'timedOut', 'broken'];

function task(fields: Partial<EvolinkTask>): EvolinkTask {
	return { id: TASK_ID, status: 'failed', results: [], raw: {}, ...fields };
}

describe('the body of an error', () => {
	it.each([
		[
			'of the older API',
			{
				error: { code: 400, message: 'Bad size', type: 'invalid_request_error', param: 'duration' },
			},
			{ code: '400', message: 'Bad size', param: 'duration' },
		],
		[
			'of the newer API',
			{ error: { code: 'task_not_found', message: 'No such task', type: '' } },
			{ code: 'task_not_found', message: 'No such task' },
		],
		[
			'of the File API',
			{ success: false, code: 413, msg: 'Too large' },
			{ code: '413', message: 'Too large' },
		],
		['of something else', { message: 'Nope' }, { message: 'Nope' }],
		['with a text for an error', { error: 'Nope' }, { message: 'Nope' }],
		['over several lines', { error: { message: ' One\n\ttwo ' } }, { message: 'One two' }],
		['with nothing in it', {}, {}],
		['with other things in it', { error: { code: [], message: {}, param: null } }, {}],
		['that is none', undefined, {}],
		['that is a list', ['Nope'], {}],
	])('%s is read', (_what, json, body) => {
		expect(parseErrorBody(json)).toEqual(body);
	});

	it('is quoted at bearable length', () => {
		const { message } = parseErrorBody({ error: { message: 'x'.repeat(10_000) } });
		expect(message).toBe(`${'x'.repeat(500)}…`);
	});

	it('has codes and fields for names, which are shorter', () => {
		const name = 'x'.repeat(101);
		const shortened = `${'x'.repeat(100)}…`;
		expect(parseErrorBody({ error: { code: name, param: name } })).toMatchObject({
			code: shortened,
			param: shortened,
		});
		expect(parseErrorBody({ code: name }).code).toBe(shortened);
		expect(parseErrorBody({ code: 'x'.repeat(100) }).code).toBe('x'.repeat(100));
	});
});

describe('an answer with an error status', () => {
	const BODIES = (status: number): Array<[string, unknown]> => [
		[
			'an integer code',
			{ error: { code: status, message: 'The words of the API', type: 'x_error' } },
		],
		[
			'a word for a code',
			{ error: { code: 'some_code', message: 'The words of the API', type: '' } },
		],
	];

	const STATUSES: Array<[number, string, RegExp]> = [
		[400, 'did not accept the request', /fields/],
		[401, 'did not accept the API key', /API key.*dashboard\/keys/],
		[402, 'too few credits', /Top up.*dashboard\/billing/],
		[403, 'not allowed', /key/],
		[404, '', /./],
		[408, 'did not reach Evolink in time', /internet connection/],
		[413, 'too large', /20 MB/],
		[415, 'kind of file', /JPEG, PNG or WebP/],
		[418, 'not expected', /credential/],
		[422, 'did not accept the request', /fields/],
		[429, 'too many requests', /Wait a minute.*'Max Concurrent Videos'/],
		[500, 'internal fault', /Wait a few minutes/],
		[502, 'did not answer', /Wait a few minutes/],
		[503, 'not available', /Wait a few minutes/],
		[504, 'too long', /Wait a few minutes/],
		[599, 'not expected', /Wait a few minutes/],
	];

	it.each(STATUSES)('%d is told in plain words, with the next step', (status, words, nextStep) => {
		for (const [, json] of BODIES(status)) {
			for (const step of STEPS) {
				const { details } = answerFailure({ status, json }, step);
				expectPlainWords(details);
				expect(details.kind).toBe('api');
				expect(details.httpCode).toBe(String(status));
				expect(details.message).toContain(words);
				expect(details.message).toContain(`(HTTP ${status})`);
				expect(details.description).toMatch(nextStep);
				expect(details.description).toContain('Evolink says: "The words of the API".');
				expect(details.taskId).toBeUndefined();
			}
		}
	});

	it.each(STATUSES)('%d is told as well when the body is no JSON', (status) => {
		for (const step of STEPS) {
			const { details } = answerFailure({ status, json: undefined }, step);
			expectPlainWords(details);
			expect(details.description).not.toContain('Evolink says');
		}
	});

	it('says nothing of the words of the API where there are none', () => {
		const json = { error: { code: 'some_code', message: ' \n ' } };
		expect(answerFailure({ status: 400, json }, 'submission').details.description).not.toContain(
			'Evolink says',
		);
	});

	it('quotes at most 500 characters, and puts a blank behind them', () => {
		const quoted = (length: number) => {
			const json = { error: { message: 'x'.repeat(length) } };
			return answerFailure({ status: 400, json }, 'submission').details.description;
		};
		expect(quoted(500)).toContain(`Evolink says: "${'x'.repeat(500)}". Check`);
		expect(quoted(501)).toContain(`Evolink says: "${'x'.repeat(500)}…". Check`);
	});

	it('promises the video that was paid for, but not one that the API does not know', () => {
		const wayOf = (status: number) =>
			answerFailure({ status, json: undefined }, 'statusRead', TASK_ID).details.description;
		expect(wayOf(500)).toContain('The video is paid for');
		expect(wayOf(404)).not.toContain('The video is paid for');
	});

	it('names the field that the API objects to', () => {
		const json = { error: { code: 'invalid_request', message: 'Bad', param: 'image_urls' } };
		const { description } = answerFailure({ status: 400, json }, 'submission').details;
		expect(description).toContain("'image_urls'");
	});

	it.each(STATUSES)('%d names the task that was paid for', (status) => {
		const { details } = answerFailure({ status, json: undefined }, 'statusRead', TASK_ID);
		expectPlainWords(details);
		expect(details.taskId).toBe(TASK_ID);
		expect(details.description).toContain(TASK_ID);
	});

	it('404 speaks of the task only where one was asked for', () => {
		const read = answerFailure({ status: 404, json: undefined }, 'statusRead', TASK_ID).details;
		expect(read.message).toBe('Evolink does not know a task with this ID (HTTP 404)');
		expect(read.description).toContain('Check it for typing mistakes');
		expect(read.description).not.toContain('paid for');
		for (const step of ['submission', 'upload'] as const) {
			const { message, description } = answerFailure(
				{ status: 404, json: undefined },
				step,
			).details;
			expect(message).not.toContain('task');
			expect(description).toContain('credential');
		}
	});

	it('402 promises that nothing is submitted again by itself', () => {
		const { description } = answerFailure({ status: 402, json: undefined }, 'submission').details;
		expect(description).toContain(BILLING_URL);
		expect(description).toContain('Nothing is submitted again by itself');
	});

	it('403 asks for the account that created the task when one was read', () => {
		const { description } = answerFailure({ status: 403, json: undefined }, 'statusRead').details;
		expect(description).toContain('account that created the task');
		expect(
			answerFailure({ status: 403, json: undefined }, 'submission').details.description,
		).toContain('https://evolink.ai/dashboard/keys');
	});
});

describe('a redirect', () => {
	it('is not followed with the key, and the target is named', () => {
		const { details } = redirectFailure(301, 'https://elsewhere.example/v1');
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'api', httpCode: '301' });
		expect(details.taskId).toBeUndefined();
		expect(details.description).toContain('"https://elsewhere.example/v1"');
		expect(details.description).toContain('not sent there');
	});

	it('may lack a target', () => {
		const { details } = redirectFailure(302, undefined);
		expectPlainWords(details);
		expect(details.description).toContain('another address');
	});

	it('names the task that was paid for', () => {
		const { details } = redirectFailure(302, undefined, TASK_ID);
		expectPlainWords(details);
		expect(details.taskId).toBe(TASK_ID);
		expect(details.description).toContain(`Task ID: ${TASK_ID}`);
	});
});

describe('a request without an answer', () => {
	it.each(REASONS)('(%s) is told in plain words, with the next step', (reason) => {
		const { details } = noAnswerFailure(reason);
		expectPlainWords(details);
		expect(details.kind).toBe('api');
		expect(details.httpCode).toBeUndefined();
		const withTask = noAnswerFailure(reason, TASK_ID).details;
		expectPlainWords(withTask);
		expect(withTask.taskId).toBe(TASK_ID);
		expect(withTask.description).toContain('use Task > Get with this ID');
	});

	it('has a message of its own for each reason', () => {
		const messages = REASONS.map((reason) => noAnswerFailure(reason).message);
		expect(new Set(messages).size).toBe(REASONS.length);
	});
});

describe('an answer that cannot be read', () => {
	it('is told in plain words, with the task if there is one', () => {
		const { details } = unreadableAnswerFailure(200);
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'api', httpCode: '200' });
		expect(details.taskId).toBeUndefined();
		const withTask = unreadableAnswerFailure(200, TASK_ID).details;
		expectPlainWords(withTask);
		expect(withTask.taskId).toBe(TASK_ID);
		expect(withTask.description).toContain(`Task ID: ${TASK_ID}`);
	});
});

describe('a lost answer to a submission', () => {
	it('says that the video may have been started and where to look', () => {
		const { details } = lostSubmissionFailure('no answer came in time', { status: 504, text: '' });
		expectPlainWords(details);
		expect(details.message).toContain('may have been started');
		expect(details.description).toContain(BILLING_URL);
		expect(details.description).toContain('because no answer came in time.');
		expect(details.description).toContain('Task > Get');
		expect(details.httpCode).toBe('504');
	});

	it('is told in the same words each time', () => {
		const first = lostSubmissionFailure('no answer came in time').details;
		expect(lostSubmissionFailure('no answer came in time').details).toEqual(first);
		expect(first.httpCode).toBeUndefined();
	});
});

describe('a task that failed', () => {
	it('covers all codes that the API documents', () => {
		expect([...FAILURE_CODES].sort()).toEqual([
			'content_policy_violation',
			'generation_failed_no_content',
			'generation_timeout',
			'image_dimension_mismatch',
			'image_processing_error',
			'invalid_parameters',
			'quota_exceeded',
			'request_cancelled',
			'resource_exhausted',
			'resource_not_found',
			'service_error',
			'service_unavailable',
		]);
	});

	it.each([
		['content_policy_violation', /change the prompt or the image/],
		['invalid_parameters', /change it/],
		['image_processing_error', /link.*'Image Source'/],
		['image_dimension_mismatch', /resize/],
		['request_cancelled', /submit a new one/],
		['generation_failed_no_content', /Change the prompt/],
		['service_error', /temporary/],
		['service_unavailable', /temporary/],
		['generation_timeout', /temporary/],
		['resource_exhausted', /temporary/],
		['quota_exceeded', /top up/],
		['resource_not_found', /expired/],
		['unknown_error', /ask Evolink about the task ID/],
		['never_heard_of', /ask Evolink about the task ID/],
		['constructor', /ask Evolink about the task ID/],
		['__proto__', /ask Evolink about the task ID/],
	])('with the code %s says what to do about it', (code, nextStep) => {
		const { details } = failedTaskFailure(
			task({ failure: { code, message: 'The words of the API' } }),
		);
		expectPlainWords(details);
		expect(details).toMatchObject({
			kind: 'api',
			taskId: TASK_ID,
			status: 'failed',
			failureCode: code,
			message: `Evolink could not make the video: The words of the API (${code})`,
		});
		expect(details.description).toMatch(nextStep);
		expect(details.description).toContain('new paid task');
		expect(details.description).toContain(`Task ID: ${TASK_ID}`);
		expect(details.description).not.toMatch(/refund/i);
	});

	it('without a reason still gives a useful error', () => {
		const { details } = failedTaskFailure(task({}));
		expectPlainWords(details);
		expect(details.failureCode).toBe('unknown_error');
		expect(details.message).toContain('gave no reason');
	});

	it('because it was cancelled says so', () => {
		const { code, message, nextStep } = describeFailedTask(task({ status: 'cancelled' }));
		expect({ code, message }).toEqual({
			code: 'request_cancelled',
			message: 'The task was cancelled',
		});
		expect(nextStep).toContain('submit a new one');
	});

	it('takes only the full stop at the end from the words of the API', () => {
		const failure = { code: 'unknown_error', message: 'The picture is 1.5 m wide. Too wide.' };
		expect(failedTaskFailure(task({ failure })).message).toBe(
			'Evolink could not make the video: The picture is 1.5 m wide. Too wide (unknown_error)',
		);
	});

	it('is told in a message of bearable length, whatever the API says', () => {
		const words = 'Long words. '.repeat(1_000);
		const failure = failedTaskFailure(task({ failure: { code: words, message: words } }));
		expect(failure.details.message.length).toBeLessThan(700);
		expect(failure.details.failureCode).toHaveLength(101);
	});

	it('keeps the words of the API on one line', () => {
		const { message } = describeFailedTask(task({ failure: { message: 'One\ntwo' } }));
		expect(message).toBe('One two');
	});
});

describe('a wait that ran out', () => {
	it.each(['pending', 'processing'])('with a task that is %s names it and the way on', (status) => {
		const { details } = timeoutFailure(TASK_ID, 900, task({ status }), undefined);
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'timeout', timedOut: true, taskId: TASK_ID, status });
		expect(details.message).toBe('The video was not finished within 900 seconds');
		expect(details.description).toContain(`Its last known status is '${status}'. Task ID: `);
		expect(details.description).toContain('use Task > Get with this ID');
		expect(details.description).toContain("'Timeout (Seconds)'");
		expect(details.httpCode).toBeUndefined();
	});

	it('names a status that the node does not know', () => {
		const { details } = timeoutFailure(TASK_ID, 60, task({ status: 'archived' }), undefined);
		expectPlainWords(details);
		expect(details.description).toContain("'archived', which this node does not know");
	});

	it('shortens a status that is no name', () => {
		const { description } = timeoutFailure(
			TASK_ID,
			900,
			task({ status: 'x'.repeat(10_000) }),
			undefined,
		).details;
		expect(description).toContain(`'${'x'.repeat(100)}…'`);
		expect(description).toContain(TASK_ID);
	});

	it('says that a finished video has no link', () => {
		const { details } = timeoutFailure(TASK_ID, 60, task({ status: 'completed' }), undefined);
		expectPlainWords(details);
		expect(details.message).toContain('gave no link');
		expect(details.description).toContain("Its last known status is 'completed'.");
	});

	it('says what went wrong with the last look', () => {
		const trouble = answerFailure({ status: 503, json: undefined }, 'statusRead', TASK_ID);
		const { details } = timeoutFailure(TASK_ID, 60, task({ status: 'processing' }), trouble);
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'api', httpCode: '503', timedOut: true });
		expect(details.description).toContain(trouble.message);
	});

	it('says that the task could never be read', () => {
		const { details } = timeoutFailure(TASK_ID, 60, undefined, noAnswerFailure('dns', TASK_ID));
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'api', taskId: TASK_ID });
		expect(details.status).toBeUndefined();
		expect(details.description).toContain('could not be read');
	});
});

describe('a finished video that could not be fetched', () => {
	const result = { link: 'https://example.com/a.mp4', taskId: TASK_ID };

	it('is told with its link, its task and the next step', () => {
		const { details } = downloadFailure(result, 'the file is empty', 'Try later.', {
			httpCode: 200,
		});
		expectPlainWords(details);
		expect(details).toMatchObject({
			message: 'The video is finished, but could not be downloaded: the file is empty',
			taskId: TASK_ID,
			status: 'completed',
			httpCode: '200',
			timedOut: false,
		});
		expect(details.description).toMatch(/^Try later\. Its link is https:\/\/example\.com\/a\.mp4 /);
		expect(details.description).toContain(TASK_ID);
		expect(downloadFailure(result, 'x', 'y').details.httpCode).toBeUndefined();
	});

	it('is told where there is no link', () => {
		const { details } = noLinkFailure(TASK_ID);
		expectPlainWords(details);
		expect(details).toMatchObject({ taskId: TASK_ID, status: 'completed' });
		expect(details.message).toBe('The video is finished, but Evolink gives no link to it');
		expect(details.description).toMatch(/^Wait a while and check again\. Task ID: /);
	});
});

describe('a failed task', () => {
	it.each([
		['content_policy_violation', true],
		['invalid_parameters', true],
		['image_dimension_mismatch', true],
		['image_processing_error', false],
		[undefined, false],
	])('with the code %p is hopeless: %p', (code, isSo) => {
		const failure = code === undefined ? undefined : { code, message: undefined };
		expect(isHopeless(task({ failure }))).toBe(isSo);
	});
});

describe('a page of something in between', () => {
	it.each([
		['<p>Access<br>denied</p>', 'Access denied'],
		['<style type="a">p { x }</style>Access<script>1</script>denied', 'Access denied'],
		['Access denied<script>never closed', 'Access denied'],
		['Access denied <a href="never closed', 'Access denied'],
		['A [bracket]', 'A [bracket]'],
	])('is quoted in its readable words: %s', (text, words) => {
		const { details } = inBetweenFailure({ status: 403, text }, TASK_ID);
		expectPlainWords(details);
		expect(details.description).toContain(`The answer reads: "${words}".`);
		expect(details).toMatchObject({ httpCode: '403', taskId: TASK_ID });
	});

	it.each(['', ' {"a": 1}', '[1]', '<p></p>', `${' '.repeat(20_000)}late words`])(
		'without readable words is not quoted: %j',
		(text) => {
			const { details } = inBetweenFailure({ status: 403, text });
			expect(details.description).not.toContain('The answer reads');
		},
	);
});
