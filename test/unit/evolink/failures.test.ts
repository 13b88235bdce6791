import {
	answerFailure,
	BILLING_URL,
	FAILURE_CODES,
	failedTaskFailure,
	inBetweenFailure,
	isHopeless,
	ofTask,
	unknownOutcomeFailure,
	timeoutFailure,
} from '../../../nodes/Evolink/evolink/failures';
import { toFailureDetails } from '../../../nodes/Evolink/n8n/nodeErrors';
import { parseTask } from '../../../nodes/Evolink/evolink/task';
import type { EvolinkTask } from '../../../nodes/Evolink/evolink/task';
import { expectPlainWords } from './failure-of';

const TASK_ID = 'task-unified-1757169743-7cvnl5zw';

/** A response without words. */
const response = (status: number, json?: unknown, text = '') => ({
	status,
	headers: {},
	text,
	json,
});

/** The task that the API describes so. */
function taskOf(json: object) {
	const task = parseTask({ id: TASK_ID, status: 'failed', ...json });
	if (task === undefined) throw new Error('That is no task');
	return task;
}

describe('an error of the API', () => {
	const STATUSES: Array<[number, string, RegExp]> = [
		[400, 'did not accept the request', /fields/],
		[401, 'did not accept the API key', /API key.*dashboard\/keys/],
		[402, 'too few credits', /Top up.*dashboard\/billing.*Nothing is submitted again by itself/],
		[403, 'not allowed', /key/],
		[404, '', /credential/],
		[408, 'did not reach Evolink in time', /internet connection/],
		[413, 'too large', /20 MB/],
		[415, 'kind of file', /JPEG, PNG or WebP/],
		[418, 'not expected', /credential/],
		[422, 'did not accept the request', /fields/],
		[429, 'received too many requests', /Wait a minute.*'Max Concurrent Videos'/],
		[500, 'internal', /Wait a few minutes/],
		[502, 'service behind Evolink', /Wait a few minutes/],
		[503, 'not available', /Wait a few minutes/],
		[504, 'too long', /Wait a few minutes/],
		[599, 'not expected', /Wait a few minutes/],
	];

	it.each(STATUSES)('%d is told in plain words, with the next step', (status, words, nextStep) => {
		const json = { error: { code: status, message: 'The words of the API' } };
		const { details } = answerFailure(response(status, json), 'submission');
		expectPlainWords(details);
		expect(details.httpCode).toBe(String(status));
		expect(details.message).toContain(words);
		expect(details.message).toContain(`(HTTP ${status})`);
		expect(details.description).toMatch(nextStep);
		expect(details.description).toContain('Evolink says: "The words of the API".');
		expect(details.description).not.toContain('Task ID');
	});

	it.each(STATUSES)('%d names the task that was paid for, also without words', (status) => {
		const details = toFailureDetails(
			ofTask(answerFailure(response(status), 'statusRead'), TASK_ID),
			{
				ownTaskId: TASK_ID,
			},
		);
		expectPlainWords(details);
		expect(details.description).not.toContain('Evolink says');
		expect(details.description).toContain(TASK_ID);
		expect(details.description).toContain('Task > Get with this ID');
		// Nothing is promised of a task that the API does not know.
		expect(details.description.includes('The video is paid for')).toBe(
			![400, 404].includes(status),
		);
	});

	it('names the field that the API objects to', () => {
		const json = { error: { code: 'invalid_request', message: 'Bad', param: 'image_urls' } };
		const { description } = answerFailure(response(400, json), 'submission').details;
		expect(description).toContain("'image_urls'");
	});

	it('speaks of a task only where one was asked for', () => {
		const messageOf = (step: 'statusRead' | 'submission' | 'upload') =>
			answerFailure(response(404), step).message;
		expect(messageOf('statusRead')).toBe('Evolink does not know a task with this ID (HTTP 404)');
		expect(messageOf('submission')).not.toContain('task');
		expect(messageOf('upload')).not.toContain('task');
	});
});

describe('a lost response to a submission', () => {
	it('says that the video may have been started and where to look, each time the same', () => {
		const lost = () =>
			toFailureDetails(unknownOutcomeFailure('no answer came in time', response(504)));
		const details = lost();
		expectPlainWords(details);
		expect(details.message).toContain('may have been started');
		expect(details.description).toContain(BILLING_URL);
		expect(details.description).toContain('because no answer came in time.');
		expect(details.description).toContain('Task > Get');
		expect(details.httpCode).toBe('504');
		expect(lost()).toEqual(details);
	});
});

describe('a task that failed', () => {
	const toldOf = (task: EvolinkTask) => toFailureDetails(failedTaskFailure(task));

	const CODES: Array<[string, RegExp]> = [
		['content_policy_violation', /change the prompt or the image/],
		['generation_failed_no_content', /Change the prompt/],
		['generation_timeout', /temporary/],
		['image_dimension_mismatch', /resize/],
		['image_processing_error', /link works without a login/],
		['invalid_parameters', /change it/],
		['quota_exceeded', /top up/],
		['request_cancelled', /submit a new one/],
		['resource_exhausted', /temporary/],
		['resource_not_found', /expired/],
		['service_error', /temporary/],
		['service_unavailable', /temporary/],
	];

	it('is known by all codes that the API documents', () => {
		expect([...FAILURE_CODES].sort()).toEqual(CODES.map(([code]) => code));
	});

	it.each([
		...CODES,
		...['never_heard_of', 'constructor', '__proto__'].map((code): [string, RegExp] => [
			code,
			/ask Evolink about the task ID/,
		]),
	])('with the code %s says what to do about it', (code, nextStep) => {
		const error = { code, message: 'A 1.5 m wide word. Of the API.' };
		const details = toldOf(taskOf({ error }));
		expectPlainWords(details);
		expect(details).toMatchObject({ taskId: TASK_ID, status: 'failed', failureCode: code });
		expect(details.message).toBe(
			`Evolink could not make the video: A 1.5 m wide word. Of the API (${code})`,
		);
		expect(details.description).toMatch(nextStep);
		expect(details.description).toContain('new paid task');
		expect(details.description).toContain(`Task ID: ${TASK_ID}`);
		expect(details.description).not.toMatch(/refund/i);
	});

	it.each([
		['without a reason', {}, /gave no reason \(unknown_error\)$/],
		['when it was cancelled', { status: 'cancelled' }, /was cancelled \(request_cancelled\)$/],
		['on one line', { error: { code: 'a', message: 'One\ntwo' } }, /: One two \(a\)$/],
	])('is told %s', (_how, json, message) => {
		const details = toldOf(taskOf(json));
		expectPlainWords(details);
		expect(details.message).toMatch(message);
	});

	it('is told at bearable length, whatever the API says', () => {
		const words = 'Long words. '.repeat(1_000);
		const details = toldOf(taskOf({ error: { code: words, message: words } }));
		expect(details.message.length).toBeLessThan(700);
		expect(details.failureCode).toHaveLength(101);
	});

	it.each([
		['content_policy_violation', true],
		['invalid_parameters', true],
		['image_dimension_mismatch', true],
		['service_error', false],
		[undefined, false],
	])('with the code %p would fail again: %p', (code, wouldFail) => {
		expect(isHopeless(taskOf(code === undefined ? {} : { error: { code } }), false)).toBe(
			wouldFail,
		);
	});
});

describe('a wait that ran out', () => {
	it.each([
		['pending', 'The video was not finished within 900 seconds', "is 'pending'."],
		['archived', 'The video was not finished', "'archived', which this node does not know"],
		['completed', 'gave no link', "is 'completed'."],
		['x'.repeat(10_000), 'The video was not finished', `'${'x'.repeat(100)}…'`],
	])('names the status, the task and the way on (%#)', (status, message, statusWords) => {
		const failure = timeoutFailure(900, taskOf({ status }), undefined);
		const details = toFailureDetails(ofTask(failure, TASK_ID));
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'timeout', taskId: TASK_ID, status });
		expect(details.message).toContain(message);
		expect(details.description).toContain(statusWords);
		expect(details.description).toContain(`Task ID: ${TASK_ID}`);
		expect(details.description).toContain('use Task > Get with this ID');
		const isKnown = ['pending', 'completed'].includes(status);
		expect(details.description.includes("'Timeout (Seconds)'")).toBe(isKnown);
	});

	it('says what went wrong with the last poll, also where the task could never be read', () => {
		const trouble = answerFailure(response(503), 'statusRead');
		const { details } = timeoutFailure(60, undefined, trouble);
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'api', httpCode: '503' });
		expect(details.message).toContain('could not be read');
		expect(details.description).toContain(trouble.message);
	});
});

describe('a page of something in between', () => {
	it.each([
		['<p>Access<br>denied</p>', 'Access denied'],
		['<style type="a">p { x }</style>Access<script>1</script>&nbsp;denied', 'Access &nbsp;denied'],
		['Access denied<script>never closed', 'Access denied'],
		['Access denied <a href="never closed', 'Access denied'],
		['A [bracket]', 'A [bracket]'],
	])('is quoted in its readable words, and blames no key: %s', (text, words) => {
		const { details } = inBetweenFailure(response(403, undefined, text));
		expectPlainWords(details);
		expect(details.description).toContain(`"${words}".`);
		expect(details.description).not.toContain('API key');
		expect(details.httpCode).toBe('403');
	});

	it.each(['', ' {"a": 1}', '[1]', '<p></p>', `${' '.repeat(20_000)}late words`])(
		'is not quoted without readable words (%#)',
		(text) => {
			expect(inBetweenFailure(response(403, undefined, text)).details.description).not.toContain(
				'reads: "',
			);
		},
	);
});
