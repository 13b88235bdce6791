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

	it.each(['/', '/v1/', ' \n'])('takes %j behind the address', async (ending) => {
		expect(await testCredential({ baseUrl: `${evolink.sandbox.url}${ending}` })).toMatchObject({
			status: 'OK',
		});
		expect(evolink.sandbox.requests.map(({ path }) => path)).toEqual(['/v1/credits']);
	});

	it('fails with a wrong key, and says that it is not allowed in', async () => {
		const wrongKey = `${evolink.sandbox.apiKey}-of-somebody-else`;
		const { status, message } = await testCredential({ apiKey: wrongKey });

		expect(status).toBe('Error');
		// n8n 1.123 and 2.8 lose the status on the way to the rules, and say it in their own words.
		expect(message).toMatch(/did not accept the API key|^Authorization failed/);
		expect(message).not.toContain(wrongKey);
	});

	it('fails where the API says "success: false" in an answer with HTTP 200', async () => {
		evolink.sandbox.addFault({ on: 'credits', fault: { kind: 'status', status: 200 } });
		const { status, message } = await testCredential();

		expect(status).toBe('Error');
		expect(message).toMatch(/API key.*evolink\.ai\/dashboard\/keys/);
	});

	it.each([403, 503])('fails where the API answers %d', async (httpStatus) => {
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
});

describe('The addresses of the credential in a run', () => {
	it.each(['//', '/\n'])('may end in %j', async (ending) => {
		const address = `${evolink.sandbox.url}${ending}`;
		const image = imageBytes('png', 640, 480);
		const binary = { data: await evolink.engine.storeBinary(image, 'a.png', 'image/png') };
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

describe('an API key', () => {
	for (const spelled of [
		(key: string) => `Bearer ${key}`,
		(key: string) => `${key.slice(0, 5)}\n${key.slice(5)}`,
	]) {
		evolink.it(
			`works as it was pasted: ${JSON.stringify(spelled('sk-1234567'))}`,
			async (bench) => {
				const { sandbox, run } = bench;
				const { error } = await run({
					parameters: { waitForCompletion: false },
					credential: { apiKey: spelled(sandbox.apiKey) },
				});

				expect(error).toBeUndefined();
				const [{ headers }] = sandbox.requestsOf('submit');
				expect(headers.authorization).toBe(`Bearer ${sandbox.apiKey}`);
			},
		);
	}

	evolink.it('with a line break inside is redacted as it is sent', async ({ sandbox, run }) => {
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

	evolink.it('goes to the address with /v1 at its end, too', async ({ sandbox, run }) => {
		const { error } = await run({
			parameters: { waitForCompletion: false },
			credential: { baseUrl: `${sandbox.url}/v1/` },
		});
		expect(error).toBeUndefined();
	});
});
