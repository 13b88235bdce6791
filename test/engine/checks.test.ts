import type { GenericValue, INodeExecutionData } from 'n8n-workflow';

import { useEvolink } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { expectRefusal } from './refusals';

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

/** The third of three items is refused, and nothing is sent for any of them. */
async function expectRefused(
	parameters: Record<string, unknown>,
	goodItem: object,
	badItem: object,
	message: string | RegExp,
): Promise<void> {
	const items = [goodItem, goodItem, badItem].map((json) => ({
		json: json as Record<string, GenericValue>,
	}));
	const result = await evolink.run({ parameters, items });

	expectRefusal(result, { itemIndex: 2, message });
	expect(evolink.sandbox.requests).toEqual([]);
}

describe('A value by expression that the node refuses before it sends anything', () => {
	it.each<[string, string, GenericValue | object, string | RegExp]>([
		['Model', 'an unknown model', 'MiniMax-Hailuo-9', "'MiniMax-Hailuo-9'"],
		['Image Source', 'an unknown source', 'ftp', "'ftp'"],
		['Image URL', 'an empty text', '', "'Image URL' is empty"],
		['Image URL', 'a link without a scheme', 'example.com/cat.jpg', "'Image URL'"],
		['Image URL', 'an ftp link', 'ftp://example.com/cat.jpg', 'http:// or https://'],
		['Image URL', 'the image itself as a link', 'data:image/png;base64,AA==', 'http:// or'],
		['Image URL', 'a scheme without a host', 'https://', 'http:// or https://'],
		['Image URL', 'a number', 7, 'http:// or https://'],
		['Prompt', 'one character too many', 'a'.repeat(2001), '2001 characters'],
		['Camera Commands', 'an unknown command', ['Pan left', 'Fly away'], "'Fly away'"],
		['Quality', 'an unknown quality', '4k', "'4k'"],
		['Quality', 'a quality of a sister model', '512p', "'512p'"],
		['Duration', 'seconds that the model does not offer', 7, '7 seconds'],
		['Duration', 'a text that is no number', 'six', "'Duration' must be a number"],
		['Wait for Completion', 'neither yes nor no', 'maybe', "'Wait for Completion' must be true"],
		['Commands', 'an unknown command', ['Fly away'], "'Camera Sequence'.*'Fly away'"],
		['Timeout (Seconds)', 'zero', 0, 'at least 1'],
		['Poll Interval (Seconds)', 'less than one', 0.9, 'at least 1'],
		['On Timeout', 'an unknown choice', 'explode', "'explode'"],
		['Max Concurrent Videos', 'zero', 0, 'between 1 and 100'],
		['Max Concurrent Videos', 'too many', 101, 'between 1 and 100'],
		['Max Concurrent Videos', 'one and a half', 1.5, 'a whole number'],
	])('%s: %s', async (field, _case, bad, message) => {
		await expectRefused(
			parametersOf(field, BY_EXPRESSION),
			{ value: FIELDS[field].good },
			{ value: bad },
			typeof message === 'string' && message.includes('.*') ? RegExp(message) : message,
		);
	});

	it.each(Object.keys(FIELDS))('%s: another type', async (field) => {
		await expectRefused(
			parametersOf(field, BY_EXPRESSION),
			{ value: FIELDS[field].good },
			{ value: { a: 1 } },
			`'${field}' must be `,
		);
	});

	it.each([
		['Prompt', '=A video of {{ $json.value }}'],
		['Prompt', '=A video of {{ [$json.value] }}'],
		['Cue', '=then {{ $json.value }}'],
	])('%s: text with an object in it: %s', async (field, expression) => {
		await expectRefused(
			parametersOf(field, expression),
			{ value: 'a chair' },
			{ value: { name: 'A chair' } },
			`'${field}' must be text without an object in it`,
		);
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
	it('are 1080p and 10 seconds, refused with the two ways out', async () => {
		const parameters = { quality: '1080p', duration: '={{ "10" }}' };
		const result = await evolink.run({ parameters });

		expectRefusal(result, {
			itemIndex: 0,
			message: "'Duration' cannot be 10 seconds with MiniMax Hailuo 2.3 Fast and the quality 1080p",
			description: /6 seconds.*'768p'/,
		});
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('are a cue and no camera command for it', async () => {
		const steps = [
			{ cue: 'slowly', commands: ['Push in'] },
			{ cue: '={{ $json.cue }}', commands: '={{ $json.commands }}' },
		];
		await expectRefused(
			{ options: { cameraSequence: { steps } } },
			{ cue: '', commands: [] },
			{ cue: 'then quickly', commands: [] },
			"Step 2 of 'Camera Sequence' has a cue, but no camera command",
		);
	});

	it('are camera commands without words or an image', async () => {
		const parameters = {
			...{ model: 'kling-v3', imageSource: 'none', cameraCommands: ['Push in'] },
			prompt: '={{ $json.prompt }}',
		};
		await expectRefused(parameters, { prompt: 'A cat' }, { prompt: ' ' }, /'Prompt' is empty/);
	});

	it('are words and camera commands that are too long together', async () => {
		const parameters = {
			prompt: '={{ $json.prompt }}',
			cameraCommands: ['Push in'],
			options: { cameraSequence: { steps: [{ cue: 'then', commands: ['Pull out'] }] } },
		};
		const rest = ' [Push in] then [Pull out]'.length;
		await expectRefused(
			parameters,
			{ prompt: 'a'.repeat(2000 - rest) },
			{ prompt: 'a'.repeat(2001 - rest) },
			'The prompt is too long: 2001 characters',
		);
	});
});

describe('An item that is refused', () => {
	it('may hold a value that the lists of the editor do not offer', async () => {
		const result = await evolink.run({ parameters: { quality: '4k' } });

		expectRefusal(result, {
			itemIndex: 0,
			message: "'Quality' has a value that MiniMax Hailuo 2.3 Fast does not offer: '4k'",
		});
	});

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

const SUBMIT_ONLY = { waitForCompletion: false };

async function itemWith(...fields: string[]): Promise<INodeExecutionData> {
	const file = async (name: string) =>
		await evolink.engine.storeBinary(imageBytes('png', 640, 480), `${name}.png`, 'image/png');
	const entries = fields.map(async (name) => [name, await file(name)] as const);
	return { json: {}, binary: Object.fromEntries(await Promise.all(entries)) };
}

describe('a Task ID', () => {
	for (const spelled of [
		(id: string) => `Task ID: ${id}`,
		(id: string) => `"${id}"`,
		(id: string) => `${id};`,
		(id: string) => `taskId: ${id}. `,
		(id: string) => ` \u200b${id}\n`,
	]) {
		evolink.it(
			`is understood as it was copied: ${JSON.stringify(spelled('task-1'))}`,
			async (bench) => {
				const taskId = bench.sandbox.addTask({ generationSeconds: 0 });
				const { rows, error } = await bench.run({
					parameters: { resource: 'task', operation: 'get', taskId: spelled(taskId) },
				});

				expect(error).toBeUndefined();
				expect(rows[0].json.taskId).toBe(taskId);
			},
		);
	}
});

describe('an image from an earlier node', () => {
	evolink.it(
		"is the item's only file where the field is left at its default",
		async ({ sandbox, run }) => {
			const { error } = await run({
				items: [await itemWith('Photos_0')],
				parameters: { ...SUBMIT_ONLY, imageSource: 'binary' },
			});

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	for (const [field, fields, words] of [
		['Photos', ['Photos_0'], /'Photos_0' \(Photos_0\.png\)/],
		['data', ['first', 'second'], /'first' \(first\.png\), 'second' \(second\.png\)/],
		['data', [], /This item has no file/],
		['iVBOR'.repeat(600_000), ['data'], /takes the name of the field/],
	] as Array<[string, string[], RegExp]>) {
		evolink.it(
			`is not in the field ${field.slice(0, 10)}, and the message names ${fields.join(', ') || 'none'}`,
			async ({ sandbox, run }) => {
				const { error } = await run({
					items: [await itemWith(...fields)],
					parameters: { imageSource: 'binary', binaryPropertyName: field },
				});

				expect(error?.description).toMatch(words);
				expect(error?.message.length).toBeLessThan(250);
				expect(sandbox.requests).toEqual([]);
			},
		);
	}

	evolink.it('is found where the workflow keeps files in JSON', async ({ run }) => {
		const { binary, json } = await itemWith('cat');
		const { error } = await run({
			items: [{ json: { ...json, _files: JSON.parse(JSON.stringify(binary)) } }],
			parameters: { imageSource: 'binary', binaryPropertyName: 'cat' },
		});
		expect(error?.description).toContain("'_files.cat' (cat.png)");
	});
});

describe('what may not be meant', () => {
	evolink.it(
		'is a prompt whose expression gave nothing: a hint says so',
		async ({ sandbox, run }) => {
			const { error, hints } = await run({
				parameters: { ...SUBMIT_ONLY, prompt: '={{ $json.foo }}' },
			});

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
			expect(hints.map(({ message }) => message)).toEqual([
				expect.stringContaining('{{ $json.foo }} gave nothing'),
			]);
		},
	);

	evolink.it('is a local link: allowed with a hint where the API is local', async ({ run }) => {
		const { error, hints } = await run({
			parameters: { ...SUBMIT_ONLY, imageUrl: 'http://localhost:5678/a.jpg' },
		});
		expect(error).toBeUndefined();
		expect(hints[0].message).toContain('localhost:5678');
	});

	it('is a local link: refused where the API is not', async () => {
		const { error } = await evolink.run({
			credential: { baseUrl: 'https://api.evolink.invalid' },
			parameters: { imageUrl: 'http://192.168.1.7/a.jpg' },
		});
		expect(error?.message).toBe("'Image URL' is an address that Evolink cannot open");
		expect(error?.description).toContain('192.168.1.7');
	});

	evolink.it('is a link whose expression gave nothing', async ({ run }) => {
		const { error } = await run({
			items: [{ json: {} }],
			parameters: { imageUrl: '={{ $json.photo }}' },
		});
		expect(error?.message).toContain("'Image URL' is empty: its expression gave nothing");
		expect(error?.description).toContain('{{ $json.photo }}');
	});
});

it.each([
	['video', 'get'],
	['movie', 'create'],
	['task', 'constructor'],
])('refuses an operation that it does not know: %s > %s', async (resource, operation) => {
	const { error, rows } = await evolink.run({ parameters: { resource, operation } });

	expect(rows).toEqual([]);
	expect(error).toMatchObject({ name: 'NodeOperationError' });
	expect(error?.message).toContain('is not an operation of this node');
	expect(evolink.sandbox.requests).toEqual([]);
});
