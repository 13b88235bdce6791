import type { INodeExecutionData } from 'n8n-workflow';

import { testsSideBySide } from './concurrent-tests';
import { useEvolink } from './evolink-workflow';
import { imageBytes } from './image-bytes';

const evolink = useEvolink({ generationSeconds: 0 });
const itSideBySide = testsSideBySide(evolink);

const SUBMIT_ONLY = { waitForCompletion: false };

async function itemWith(...fields: string[]): Promise<INodeExecutionData> {
	const file = async (name: string) =>
		await evolink.engine.storeBinary(imageBytes('png', 640, 480), `${name}.png`, 'image/png');
	const entries = fields.map(async (name) => [name, await file(name)] as const);
	return { json: {}, binary: Object.fromEntries(await Promise.all(entries)) };
}

describe('an API key', () => {
	for (const spelled of [
		(key: string) => `Bearer ${key}`,
		(key: string) => `${key.slice(0, 5)}\n${key.slice(5)}`,
	]) {
		itSideBySide(
			`works as it was pasted: ${JSON.stringify(spelled('sk-1234567'))}`,
			async (bench) => {
				const { sandbox, run } = bench;
				const { error } = await run({
					parameters: SUBMIT_ONLY,
					credential: { apiKey: spelled(sandbox.apiKey) },
				});

				expect(error).toBeUndefined();
				const [{ headers }] = sandbox.requestsOf('submit');
				expect(headers.authorization).toBe(`Bearer ${sandbox.apiKey}`);
			},
		);
	}

	itSideBySide('with a line break inside is redacted as it is sent', async ({ sandbox, run }) => {
		sandbox.addFault({
			on: 'submit',
			fault: { kind: 'status', status: 401, message: `The key ${sandbox.apiKey} is unknown` },
		});
		const { error } = await run({
			credential: { apiKey: `${sandbox.apiKey.slice(0, 9)}\r\n${sandbox.apiKey.slice(9)}` },
		});

		expect(error?.description).toContain('The key [API key] is unknown');
		expect(JSON.stringify([error?.message, error?.description])).not.toContain(sandbox.apiKey);
	});

	itSideBySide('goes to the address with /v1 at its end, too', async ({ sandbox, run }) => {
		const { error } = await run({
			parameters: SUBMIT_ONLY,
			credential: { baseUrl: `${sandbox.url}/v1/` },
		});
		expect(error).toBeUndefined();
	});
});

describe('a Task ID', () => {
	for (const spelled of [
		(id: string) => `Task ID: ${id}`,
		(id: string) => `"${id}"`,
		(id: string) => `${id};`,
		(id: string) => `taskId: ${id}. `,
		(id: string) => ` \u200b${id}\n`,
	]) {
		itSideBySide(
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

	itSideBySide('that is wrong is not said to be paid for', async ({ run }) => {
		const { error } = await run({
			parameters: { resource: 'task', operation: 'get', taskId: 'task-unified-1-abcdefgh' },
		});

		expect(error?.message).toContain('Evolink does not know a task with this ID');
		expect(error?.description).toContain('Check it for typing mistakes.');
		expect(error?.description).not.toContain('paid');
	});
});

describe('an image from an earlier node', () => {
	itSideBySide(
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
		itSideBySide(
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

	itSideBySide('is found where the workflow keeps files in JSON', async ({ run }) => {
		const { binary, json } = await itemWith('cat');
		const { error } = await run({
			items: [{ json: { ...json, _files: JSON.parse(JSON.stringify(binary)) } }],
			parameters: { imageSource: 'binary', binaryPropertyName: 'cat' },
		});
		expect(error?.description).toContain("'_files.cat' (cat.png)");
	});
});

describe('what may not be meant', () => {
	itSideBySide(
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

	itSideBySide('is a share page: a hint names the way out', async ({ sandbox, run }) => {
		const { error, hints } = await run({
			parameters: { ...SUBMIT_ONLY, imageUrl: 'https://drive.google.com/file/d/1a2b/view' },
		});

		expect(error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(1);
		expect(hints[0].message).toMatch(/Google Drive page.*'Binary File'/);
	});

	itSideBySide('is a local link: allowed with a hint where the API is local', async ({ run }) => {
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

	itSideBySide('is a link whose expression gave nothing', async ({ run }) => {
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
