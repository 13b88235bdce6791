import { fieldsOf } from '../../../nodes/Evolink/n8n/parameters';
import { readTaskSettings } from '../../../nodes/Evolink/operations/waitOptions';
import { expectPlainWords, failureOf } from '../evolink/failure-of';

const FIELDS = fieldsOf({ waitForCompletion: true, downloadVideo: false, simplify: 'true' });

const settingsOf = (options: Record<string, unknown>) =>
	readTaskSettings(3, FIELDS, fieldsOf(options));

describe('the options of waiting', () => {
	it('have the defaults of the contract', () => {
		expect(settingsOf({})).toEqual({
			itemIndex: 3,
			waitForCompletion: true,
			downloadVideo: false,
			simplify: true,
			timeoutSeconds: 900,
			pollIntervalSeconds: undefined,
			onTimeout: 'error',
			outputPropertyName: 'data',
			fileName: '',
		});
	});

	it('take what is given, also as text', () => {
		const given = {
			timeout: '60',
			pollInterval: 2.5,
			onTimeout: 'returnTask',
			maxConcurrent: '100',
			outputPropertyName: ' video ',
			fileName: ' spring.mp4 ',
		};
		expect(settingsOf(given)).toEqual({
			itemIndex: 3,
			waitForCompletion: true,
			downloadVideo: false,
			simplify: true,
			timeoutSeconds: 60,
			pollIntervalSeconds: 2.5,
			onTimeout: 'returnTask',
			outputPropertyName: 'video',
			fileName: 'spring.mp4',
		});
	});

	it('take an empty field name for the usual one', () => {
		expect(settingsOf({ outputPropertyName: ' ' }).outputPropertyName).toBe('data');
	});

	it.each([
		['Timeout (Seconds)', { timeout: 0 }],
		['Timeout (Seconds)', { timeout: 'long' }],
		['Poll Interval (Seconds)', { pollInterval: 0.5 }],
		['Max Concurrent Videos', { maxConcurrent: 0 }],
		['Max Concurrent Videos', { maxConcurrent: 101 }],
		['Max Concurrent Videos', { maxConcurrent: 2.5 }],
		['On Timeout', { onTimeout: 'ignore' }],
		['On Timeout', { onTimeout: ' ' }],
		['On Timeout', { onTimeout: ['error'] }],
		['File Name', { fileName: ['a'] }],
		['Put Output File in Field', { outputPropertyName: {} }],
	])("refuse a value that '%s' cannot have: %j", (label, given) => {
		const details = failureOf(() => settingsOf(given));
		expectPlainWords(details);
		expect(details.kind).toBe('input');
		expect(details.message).toContain(`'${label}'`);
	});
});
