import type { GenericValue } from 'n8n-workflow';

import { useEvolink } from './evolink-workflow';
import { expectRefusal, expectRefusedRow } from './refusals';

const evolink = useEvolink();

const BY_EXPRESSION = '={{ $json.value }}';

/** A field of Video > Create: how its value gets into the node, and one that is accepted. */
interface Field {
	good: GenericValue | object;
	/** The node's parameters with this value, or this expression, in the field. */
	parameters(value: unknown): Record<string, unknown>;
}

function plain(name: string, good: GenericValue | object): Field {
	return { good, parameters: (value) => ({ [name]: value }) };
}

function option(name: string, good: GenericValue | object): Field {
	return { good, parameters: (value) => ({ options: { [name]: value } }) };
}

const FIELDS: Record<string, Field> = {
	Model: plain('model', 'MiniMax-Hailuo-2.3-Fast'),
	'Image Source': plain('imageSource', 'url'),
	'Image URL': plain('imageUrl', 'https://example.com/good.png'),
	Prompt: plain('prompt', 'A cat'),
	'Camera Commands': plain('cameraCommands', ['Pan left']),
	Quality: plain('quality', '1080p'),
	Duration: plain('duration', 10),
	'Wait for Completion': plain('waitForCompletion', false),
	'Download Video': {
		good: false,
		parameters: (downloadVideo) => ({ waitForCompletion: true, downloadVideo }),
	},
	Simplify: plain('simplify', false),
	Cue: {
		good: 'slowly',
		parameters: (cue) => ({
			options: { cameraSequence: { steps: [{ cue, commands: ['Push in'] }] } },
		}),
	},
	Commands: {
		good: ['Push in'],
		parameters: (commands) => ({
			options: { cameraSequence: { steps: [{ cue: '', commands }] } },
		}),
	},
	'Optimize Prompt': option('promptOptimizer', false),
	'Timeout (Seconds)': option('timeout', 1),
	'Poll Interval (Seconds)': option('pollInterval', 1),
	'On Timeout': option('onTimeout', 'returnTask'),
	'Max Concurrent Videos': option('maxConcurrent', 100),
	'Put Output File in Field': option('outputPropertyName', 'video'),
	'File Name': option('fileName', 'cat.mp4'),
};

function parametersOf(field: string, value: unknown): Record<string, unknown> {
	return { waitForCompletion: false, ...FIELDS[field].parameters(value) };
}

/**
 * Hands one bad value to the node by expression: alone, as the third of three items, and as the
 * third of three in a node that continues on failure.
 */
async function expectRefusedEverywhere(
	parameters: Record<string, unknown>,
	goodItem: Record<string, unknown>,
	badItem: Record<string, unknown>,
	message: string | RegExp,
): Promise<void> {
	const item = (json: Record<string, unknown>) => ({ json: json as Record<string, GenericValue> });
	const three = [item(goodItem), item(goodItem), item(badItem)];
	const [alone, third] = await Promise.all([
		evolink.run({ parameters, items: [item(badItem)] }),
		evolink.run({ parameters, items: three }),
	]);
	expectRefusal(alone, { itemIndex: 0, message });
	expectRefusal(third, { itemIndex: 2, message });
	expect(evolink.sandbox.requests).toEqual([]);

	const { rows, error } = await evolink.run({
		parameters,
		items: three,
		node: { onError: 'continueRegularOutput' },
	});
	expect(error).toBeUndefined();
	expect(rows).toHaveLength(3);
	expect(evolink.sandbox.bill).toHaveLength(2);
	for (const [index, row] of rows.slice(0, 2).entries()) {
		expect(row.json).not.toHaveProperty('error');
		expect(row.pairedItem).toEqual({ item: index });
	}
	expectRefusedRow(rows[2], { itemIndex: 2, message });
}

describe('A value by expression that the node refuses before it sends anything', () => {
	it.each<[string, string, GenericValue | object, string | RegExp]>([
		['Model', 'an unknown model', 'MiniMax-Hailuo-9', "'MiniMax-Hailuo-9'"],
		['Model', 'nothing', null, "'Model'"],
		['Image Source', 'an unknown source', 'ftp', "'ftp'"],
		['Image Source', 'nothing', null, "'Image Source'"],
		['Image URL', 'an empty text', '', "'Image URL' is empty"],
		['Image URL', 'blanks', '  ', "'Image URL' is empty"],
		['Image URL', 'nothing', null, "'Image URL' is empty"],
		['Image URL', 'a link without a scheme', 'example.com/cat.jpg', "'Image URL'"],
		['Image URL', 'an ftp link', 'ftp://example.com/cat.jpg', 'http:// or https://'],
		['Image URL', 'a file on this computer', 'file:///home/me/cat.jpg', 'http:// or https://'],
		['Image URL', 'the picture itself as a link', 'data:image/png;base64,AA==', 'http:// or'],
		['Image URL', 'a script', 'javascript:alert(1)', 'http:// or https://'],
		['Image URL', 'a scheme without a host', 'https://', 'http:// or https://'],
		['Image URL', 'a number', 7, 'http:// or https://'],
		['Prompt', 'one character too many', 'a'.repeat(2001), '2001 characters'],
		['Camera Commands', 'an unknown command', ['Pan left', 'Fly away'], "'Fly away'"],
		['Camera Commands', 'an unknown command in a text', 'Pan left, Fly', "'Fly'"],
		['Quality', 'an unknown quality', '4k', "'4k'"],
		['Quality', 'a quality of a sister model', '512p', "'512p'"],
		['Quality', 'nothing', null, "'Quality'"],
		['Duration', 'seconds that the model does not offer', 7, '7 seconds'],
		['Duration', 'a fraction', 6.5, '6.5 seconds'],
		['Duration', 'nothing', null, "'Duration' must be a number"],
		['Duration', 'a text that is no number', 'six', "'Duration' must be a number"],
		['Duration', 'an empty text', '', "'Duration' must be a number"],
		['Wait for Completion', 'neither yes nor no', 'maybe', "'Wait for Completion' must be true"],
		['Wait for Completion', 'nothing', null, "'Wait for Completion' must be true or false"],
		['Download Video', 'neither yes nor no', 'maybe', "'Download Video' must be true or false"],
		['Simplify', 'neither yes nor no', 'maybe', "'Simplify' must be true or false"],
		['Commands', 'an unknown command', ['Fly away'], "'Camera Sequence'.*'Fly away'"],
		['Optimize Prompt', 'neither yes nor no', 'maybe', "'Optimize Prompt' must be true"],
		['Timeout (Seconds)', 'zero', 0, 'at least 1'],
		['Timeout (Seconds)', 'less than zero', -5, 'at least 1'],
		['Timeout (Seconds)', 'less than one', 0.5, 'at least 1'],
		['Timeout (Seconds)', 'a text that is no number', 'long', 'must be a number'],
		['Poll Interval (Seconds)', 'zero', 0, 'at least 1'],
		['Poll Interval (Seconds)', 'less than one', 0.9, 'at least 1'],
		['On Timeout', 'an unknown choice', 'explode', "'explode'"],
		['Max Concurrent Videos', 'zero', 0, 'between 1 and 100'],
		['Max Concurrent Videos', 'too many', 101, 'between 1 and 100'],
		['Max Concurrent Videos', 'one and a half', 1.5, 'a whole number'],
	])('%s: %s', async (field, _case, bad, message) => {
		const pattern =
			typeof message === 'string' && message.includes('.*') ? RegExp(message) : message;
		await expectRefusedEverywhere(
			parametersOf(field, BY_EXPRESSION),
			{ value: FIELDS[field].good },
			{ value: bad },
			pattern,
		);
	});

	describe.each(Object.keys(FIELDS))('%s', (field) => {
		it('is not of another type', async () => {
			const result = await evolink.run({
				parameters: parametersOf(field, BY_EXPRESSION),
				items: [{ json: { value: { a: 1 } } }],
			});

			expectRefusal(result, { itemIndex: 0, message: `'${field}' must be ` });
			expect(evolink.sandbox.requests).toEqual([]);
		});
	});

	it('accepts the good values that stand beside the bad ones here', async () => {
		const results = await Promise.all(
			Object.entries(FIELDS)
				.filter(([field]) => field !== 'Download Video')
				.map(
					async ([field, { good }]) =>
						await evolink.run({
							parameters: parametersOf(field, BY_EXPRESSION),
							items: [{ json: { value: good as GenericValue } }],
						}),
				),
		);
		expect(results.map(({ error }) => error)).toEqual(results.map(() => undefined));
	});
});

describe('Values that do not go together', () => {
	it('are 1080p and 10 seconds by expression, refused with the two ways out', async () => {
		const parameters = {
			waitForCompletion: false,
			quality: '={{ $json.quality }}',
			duration: '={{ $json.duration }}',
		};
		await expectRefusedEverywhere(
			parameters,
			{ quality: '1080p', duration: 6 },
			{ quality: '1080p', duration: 10 },
			"'Duration' cannot be 10 seconds with the quality 1080p",
		);
		evolink.sandbox.reset();

		const result = await evolink.run({
			parameters,
			items: [{ json: { quality: '1080p', duration: '10' } }],
		});
		expectRefusal(result, {
			itemIndex: 0,
			message: '10 seconds with the quality 1080p',
			description: /6 seconds.*'768p'/,
		});
	});

	it('are 1080p and 10 seconds that an earlier choice left behind in the hidden field', async () => {
		const result = await evolink.run({
			parameters: { waitForCompletion: false, quality: '1080p', duration: 10 },
		});

		expectRefusal(result, { itemIndex: 0, message: '10 seconds with the quality 1080p' });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('are a cue and no camera command for it', async () => {
		await expectRefusedEverywhere(
			{
				waitForCompletion: false,
				options: {
					cameraSequence: {
						steps: [
							{ cue: 'slowly', commands: ['Push in'] },
							{ cue: '={{ $json.cue }}', commands: '={{ $json.commands }}' },
						],
					},
				},
			},
			{ cue: '', commands: [] },
			{ cue: 'then quickly', commands: [] },
			"Step 2 of 'Camera Sequence' has a cue, but no camera command",
		);
	});

	it('are words and camera commands that are too long together', async () => {
		const parameters = {
			waitForCompletion: false,
			prompt: '={{ $json.prompt }}',
			cameraCommands: ['Push in'],
			options: { cameraSequence: { steps: [{ cue: 'then', commands: ['Pull out'] }] } },
		};
		const rest = ' [Push in] then [Pull out]'.length;
		await expectRefusedEverywhere(
			parameters,
			{ prompt: 'a'.repeat(2000 - rest) },
			{ prompt: 'a'.repeat(2001 - rest) },
			'The prompt is too long: 2001 characters',
		);
	});
});

describe('A value in the workflow file that the lists of the editor do not offer', () => {
	it.each([
		['Model', 'MiniMax-Hailuo-9', "'Model' has an unknown value"],
		['Image Source', 'ftp', "'Image Source' has an unknown value"],
		['Quality', '4k', "'Quality' has a value that MiniMax Hailuo 2.3 Fast does not offer: '4k'"],
		['Duration', 7, "'Duration' cannot be 7 seconds"],
		['Camera Commands', ['Fly away'], "'Fly away'"],
		['Commands', ['Fly away'], "'Fly away'"],
		['On Timeout', 'explode', "'explode'"],
	])('is refused: %s %j', async (field, value, message) => {
		const result = await evolink.run({ parameters: parametersOf(field, value) });

		expectRefusal(result, { itemIndex: 0, message });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('is an empty link, which n8n itself refuses to start with', async () => {
		const { error, rows } = await evolink.run({ parameters: { imageUrl: '' } });

		expect(error?.message).toMatch(/issues/);
		expect(rows).toEqual([]);
		expect(evolink.sandbox.requests).toEqual([]);
	});
});

describe('An item that is refused', () => {
	it('does not keep the node from naming the first refused item, and that one only', async () => {
		const result = await evolink.run({
			parameters: { waitForCompletion: false, quality: '={{ $json.value }}' },
			items: ['768p', '4k', '8k'].map((value) => ({ json: { value } })),
		});

		expectRefusal(result, { itemIndex: 1, message: "'4k'" });
		expect(result.error?.message).not.toContain('8k');
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('goes to the error output, the others to the regular one', async () => {
		const { rows, errorRows, error } = await evolink.run({
			parameters: { waitForCompletion: false, quality: '={{ $json.value }}' },
			items: ['768p', '4k', '1080p'].map((value) => ({ json: { value } })),
			node: { onError: 'continueErrorOutput' },
		});

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.quality)).toEqual(['768p', '1080p']);
		expect(errorRows).toHaveLength(1);
		expect(errorRows[0].json.error).toMatchObject({ message: expect.stringContaining("'4k'") });
		expect(evolink.sandbox.bill).toHaveLength(2);
	});

	it('may be one whose expression n8n cannot resolve', async () => {
		const result = await evolink.run({
			parameters: {
				waitForCompletion: false,
				prompt: '={{ $json.nodeName ? $($json.nodeName).first().json.text : "A cat" }}',
			},
			items: [{ json: {} }, { json: { nodeName: 'A node that is not there' } }],
		});

		expectRefusal(result, { itemIndex: 1, message: /node/i });
		expect(evolink.sandbox.requests).toEqual([]);
	});
});
