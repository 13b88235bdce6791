/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createServer } from 'node:net';

import { useEvolink } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { expectRefusal } from './refusals';

const evolink = useEvolink();

/** The credential as somebody fills it in for the sandbox, with other values laid over it. */
function credential(values: Record<string, unknown> = {}): Record<string, unknown> {
	const { apiKey, url } = evolink.sandbox;
	return { apiKey, baseUrl: url, filesBaseUrl: url, ...values };
}

async function testCredential(values: Record<string, unknown> = {}) {
	return await evolink.engine.testCredential('evolinkApi', credential(values));
}

/** An address of this computer at which nothing listens. */
async function unreachableUrl(): Promise<string> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise<void>((resolve) => server.close(() => resolve()));
	if (address === null || typeof address === 'string') throw new Error('No port was given');
	return `http://127.0.0.1:${address.port}`;
}

afterEach(() => {
	expect(evolink.sandbox.violations).toEqual([]);
});

describe('The test of the credential', () => {
	it('succeeds with the right key, by one free request', async () => {
		expect(await testCredential()).toMatchObject({ status: 'OK' });

		const { requests, bill } = evolink.sandbox;
		expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/credits']);
		expect(requests[0].headers.authorization).toBe(`Bearer ${evolink.sandbox.apiKey}`);
		expect(bill).toEqual([]);
	});

	it.each(['/', '//', ' ', '/ \n'])('takes %j behind the address', async (ending) => {
		expect(await testCredential({ baseUrl: `${evolink.sandbox.url}${ending}` })).toMatchObject({
			status: 'OK',
		});
		expect(evolink.sandbox.requests.map(({ path }) => path)).toEqual(['/v1/credits']);
	});

	it('takes a key that was pasted with blanks and line breaks around it', async () => {
		const apiKey = `\r\n\t${evolink.sandbox.apiKey} \r\n`;
		expect(await testCredential({ apiKey })).toMatchObject({ status: 'OK' });
	});

	it('fails with a wrong key, and says that it is not allowed in', async () => {
		const wrongKey = `${evolink.sandbox.apiKey}-of-somebody-else`;
		const { status, message } = await testCredential({ apiKey: wrongKey });

		expect(status).toBe('Error');
		// n8n 1.123 and 2.8 lose the status on the way to the rules, and say it in their own words.
		expect(message).toMatch(/did not accept the API key|^Authorization failed/);
		expect(message).not.toContain(wrongKey);
	});

	it('fails with no key at all', async () => {
		expect(await testCredential({ apiKey: '' })).toMatchObject({ status: 'Error' });
		expect(evolink.sandbox.requestsOf('credits').map(({ status }) => status)).not.toContain(200);
	});

	it('fails where the API says "success: false" in an answer with HTTP 200', async () => {
		evolink.sandbox.addFault({ on: 'credits', fault: { kind: 'status', status: 200 } });
		const { status, message } = await testCredential();

		expect(status).toBe('Error');
		expect(message).toMatch(/API key.*evolink\.ai\/dashboard\/keys/);
	});

	it.each([402, 403, 500, 503])('fails where the API answers %d', async (httpStatus) => {
		evolink.sandbox.addFault({ on: 'credits', fault: { kind: 'status', status: httpStatus } });
		const { status, message } = await testCredential();

		expect(status).toBe('Error');
		expect(message).not.toBe('');
	});

	it('fails where nothing answers at the address', async () => {
		const { status, message } = await testCredential({ baseUrl: await unreachableUrl() });

		expect(status).toBe('Error');
		expect(message).toMatch(/ECONNREFUSED|refused|connect/i);
	});

	it('fails where the address is none', async () => {
		const { status, message } = await testCredential({ baseUrl: 'api.evolink.ai' });

		expect(status).toBe('Error');
		expect(message).not.toBe('');
		expect(evolink.sandbox.requests).toEqual([]);
	});
});

describe('The addresses of the credential in a run', () => {
	it.each(['/', '//', ' ', '/\n'])('may end in %j', async (ending) => {
		const address = `${evolink.sandbox.url}${ending}`;
		const binary = {
			data: await evolink.engine.storeBinary(
				imageBytes('png', 640, 480),
				'picture.png',
				'image/png',
			),
		};
		const { error, rows } = await evolink.run({
			parameters: { imageSource: 'binary', waitForCompletion: false },
			items: [{ json: {}, binary }],
			credential: { baseUrl: address, filesBaseUrl: address },
		});
		expect(error).toBeUndefined();
		const { taskId } = rows[0].json;
		await evolink.run({
			parameters: { resource: 'task', operation: 'get', taskId },
			credential: { baseUrl: address },
		});

		expect(evolink.sandbox.requests.map(({ path }) => path)).toEqual([
			'/api/v1/files/upload/stream',
			'/v1/videos/generations',
			`/v1/tasks/${String(taskId)}`,
		]);
	});

	it.each([
		['baseUrl', 'API Base URL', 'api.evolink.ai'],
		['baseUrl', 'API Base URL', 'ftp://api.evolink.ai'],
		['baseUrl', 'API Base URL', 'https://'],
		['baseUrl', 'API Base URL', 'xhttps://api.evolink.ai'],
		['filesBaseUrl', 'File API Base URL', 'files-api.evolink.ai'],
	])('%s is refused as "%s" when it is %s', async (field, label, value) => {
		const result = await evolink.run({
			parameters: { waitForCompletion: false },
			credential: { [field]: value },
		});

		expectRefusal(result, {
			itemIndex: 0,
			message: `'${label}' in the Evolink API credential`,
			description: 'https://',
		});
		expect(evolink.sandbox.requests).toEqual([]);
	});
});

describe('The API key in a run', () => {
	it('goes to no result link, on whichever host it lies', async () => {
		const storage = await evolink.ownSandbox({ apiKey: evolink.sandbox.apiKey });
		const stored = storage.addTask({ generationSeconds: 0 });
		const taskId = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'completed', results: [storage.task(stored)?.mediaUrl ?? ''] },
		});
		const { rows, error } = await evolink.run({
			parameters: { resource: 'task', operation: 'get', taskId, downloadVideo: true },
		});

		expect(error).toBeUndefined();
		const bytes = await evolink.engine.readBinary(rows[0].binary!.data);
		expect(bytes.equals(storage.mediaOf(stored).bytes())).toBe(true);
		expect(storage.requests.map(({ kind }) => kind)).toEqual(['media']);
		expect(storage.violations).toEqual([]);
		expect(JSON.stringify(storage.requests[0].headers)).not.toContain(evolink.sandbox.apiKey);
	});
});
