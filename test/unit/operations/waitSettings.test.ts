import { asNumber, asText, asYesOrNo } from '../../../nodes/Evolink/operations/parameters';
import type { OptionParameters } from '../../../nodes/Evolink/operations/parameters';
import { readWaitSettings } from '../../../nodes/Evolink/operations/waitSettings';
import { expectPlainWords, failureOf } from '../evolink/failure-of';

/** The collection 'Options' with these values. */
function options(values: Record<string, unknown>): OptionParameters {
	const ifGiven = <T>(name: string, convert: (value: unknown) => T) =>
		values[name] === undefined ? undefined : convert(values[name]);
	return {
		text: (name, label) => ifGiven(name, (value) => asText(value, label)),
		yesOrNo: (name, label) => ifGiven(name, (value) => asYesOrNo(value, label)),
		number: (name, label, range) => ifGiven(name, (value) => asNumber(value, label, range)),
		rows: () => [],
	};
}

describe('the options of waiting', () => {
	it('have the defaults of the contract', () => {
		expect(readWaitSettings(options({}))).toEqual({
			timeoutSeconds: 900,
			pollIntervalSeconds: undefined,
			onTimeout: 'error',
			maxConcurrent: 5,
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
		expect(readWaitSettings(options(given))).toEqual({
			timeoutSeconds: 60,
			pollIntervalSeconds: 2.5,
			onTimeout: 'returnTask',
			maxConcurrent: 100,
			outputPropertyName: 'video',
			fileName: 'spring.mp4',
		});
	});

	it('take an empty field name for the usual one', () => {
		expect(readWaitSettings(options({ outputPropertyName: ' ' })).outputPropertyName).toBe('data');
	});

	it.each([
		['Timeout (Seconds)', { timeout: 0 }],
		['Timeout (Seconds)', { timeout: 'long' }],
		['Poll Interval (Seconds)', { pollInterval: 0.5 }],
		['Max Concurrent Videos', { maxConcurrent: 0 }],
		['Max Concurrent Videos', { maxConcurrent: 101 }],
		['Max Concurrent Videos', { maxConcurrent: 2.5 }],
		['On Timeout', { onTimeout: 'ignore' }],
		['On Timeout', { onTimeout: '' }],
		['On Timeout', { onTimeout: ['error'] }],
		['File Name', { fileName: ['a'] }],
		['Put Output File in Field', { outputPropertyName: {} }],
	])("refuse a value that '%s' cannot have: %j", (label, given) => {
		const details = failureOf(() => readWaitSettings(options(given)));
		expectPlainWords(details);
		expect(details.kind).toBe('input');
		expect(details.message).toContain(`'${label}'`);
	});
});
