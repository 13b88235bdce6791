import axios from 'axios';
import { closeSandboxes, openSandbox } from './sandbox-client';

afterEach(closeSandboxes);

it('the page shows the credential and the videos, newest first, with foreign text made harmless', async () => {
	const { sandbox, submit, passSeconds } = await openSandbox();
	const page = async () => String((await axios.get(sandbox.url)).data);
	expect(await page()).toContain('No video has been started yet');
	const finished = await submit({ prompt: 'first <script>' });
	passSeconds(100);
	const underWay = await submit({ prompt: 'second' });

	const html = await page();

	for (const text of [sandbox.url, sandbox.apiKey]) expect(html).toContain(text);
	const [newest, oldest] = html.split('<tr>').filter((row) => row.includes('task-unified-'));
	expect(newest).toContain(underWay);
	expect(newest).toContain('pending, 0 %');
	expect(oldest).toContain(finished);
	expect(oldest).toContain('first &#60;script&#62;');
	expect(oldest).toContain(`<video src="${sandbox.task(finished)?.mediaUrl}"`);
	expect(sandbox.task(finished)?.readCount).toBe(0);
});
