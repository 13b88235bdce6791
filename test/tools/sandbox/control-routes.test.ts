import axios from 'axios';
import { closeSandboxes, openSandbox, ORDER } from './sandbox-client';

afterEach(closeSandboxes);

const control = (baseURL: string) => axios.create({ baseURL, validateStatus: () => true });

describe('over HTTP, without a key', () => {
	it('faults can be queued for ever and taken back', async () => {
		const { sandbox, http } = await openSandbox();
		const fault = { on: 'credits', times: 'always', fault: { kind: 'status', status: 503 } };
		expect((await control(sandbox.url).post('/sandbox/faults', fault)).data).toEqual({ ok: true });
		expect((await http.get('/v1/credits')).status).toBe(503);
		expect((await http.get('/v1/credits')).status).toBe(503);
		await control(sandbox.url).delete('/sandbox/faults');
		expect((await http.get('/v1/credits')).status).toBe(200);
	});

	it('tasks can be planned, looked at and expired', async () => {
		const { sandbox, http, submit } = await openSandbox();
		const plan = { outcome: { status: 'failed', code: 'service_error' }, generationSeconds: 0 };
		await control(sandbox.url).post('/sandbox/plans', plan);
		const taskId = await submit();
		const { data } = await control(sandbox.url).get('/sandbox/tasks');
		expect(data).toMatchObject([{ taskId, status: 'failed', failureCode: 'service_error' }]);
		const expire = await control(sandbox.url).post(`/sandbox/tasks/${taskId}/expire`);
		expect(expire.status).toBe(200);
		expect((await http.get(`/v1/tasks/${taskId}`)).status).toBe(404);
	});

	it('a page shows the videos, newest first: a player, or how far each has come', async () => {
		const { sandbox, submit, passSeconds } = await openSandbox();
		const page = async () => String((await control(sandbox.url).get('/')).data);
		expect(await page()).toContain('No video has been started yet');
		const finished = await submit({ prompt: 'first <b>' });
		passSeconds(100);
		const underWay = await submit({ prompt: 'second' });

		const html = await page();

		const [newest, oldest] = html.split('<tr>').filter((row) => row.includes('task-unified-'));
		expect(newest).toContain(underWay);
		expect(newest).toContain('pending, 0 %');
		expect(oldest).toContain(finished);
		expect(oldest).toContain('first &#60;b&#62;');
		expect(oldest).toContain(`<video src="${sandbox.task(finished)?.mediaUrl}"`);
		expect(oldest).toContain('Jan 1, 2026');
		expect(sandbox.task(finished)?.readCount).toBe(0);
	});

	it('bill, requests and violations can be read, keys hidden, and forgotten', async () => {
		const { sandbox, http } = await openSandbox();
		await http.post('/v1/videos/generations', ORDER);
		await http.post('/v1/videos/generations', { ...ORDER, n: 2 });
		const read = async (name: string) => (await control(sandbox.url).get(`/sandbox/${name}`)).data;
		expect((await read('bill')).entries).toEqual(sandbox.bill);
		const requests = await read('requests');
		expect(requests[0]).toMatchObject({ kind: 'submit', status: 200, body: ORDER });
		expect(JSON.stringify(requests)).not.toContain(sandbox.apiKey);
		expect(await read('violations')).toEqual(sandbox.violations);
		await control(sandbox.url).post('/sandbox/reset');
		expect((await read('bill')).entries).toEqual([]);
		expect(await read('violations')).toEqual([]);
	});

	it.each([
		['faults', { on: 'nowhere', fault: { kind: 'empty' } }],
		['faults', { on: 'read', fault: { kind: 'explosion' } }],
		['faults', { on: 'read', fault: { kind: 'redirect' } }],
		['faults', { on: 'read', fault: { kind: 'stalled-media' } }],
		['faults', { on: 'read', times: 'often', fault: { kind: 'empty' } }],
		['faults', { on: 'read', fault: { kind: 'empty' }, oops: 1 }],
		['plans', { generationSeconds: -1 }],
		['plans', { outcome: {} }],
	])('/sandbox/%s refuses %j', async (route, body) => {
		const { sandbox } = await openSandbox();
		const answer = await control(sandbox.url).post(`/sandbox/${route}`, body);
		expect(answer.status).toBe(400);
		expect(answer.data.error.message).not.toBe('');
	});

	it('the page shows the credential and the bill, with foreign text made harmless', async () => {
		const { sandbox, submit } = await openSandbox();
		const taskId = await submit({ prompt: '<script>alert(1)</script>' });
		const { data, headers } = await control(sandbox.url).get('/');
		expect(headers['content-type']).toContain('text/html');
		for (const text of [sandbox.url, sandbox.apiKey, taskId]) expect(data).toContain(text);
		expect(data).not.toContain('<script>');
	});
});
