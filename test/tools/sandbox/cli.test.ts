import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import axios from 'axios';
import { SANDBOX_API_KEY } from '../../../sandbox';
import { closeSandboxes, openSandbox } from './sandbox-client';

afterEach(closeSandboxes);
jest.setTimeout(30_000);

const CLI = join(__dirname, '../../../sandbox/cli.ts');

function start(...args: string[]) {
	const child = spawn(process.execPath, ['--import', 'tsx', CLI, ...args]);
	const output = { out: '', err: '' };
	child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
	child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
	const closed = once(child, 'close');
	const said = async (pattern: RegExp) => {
		while (!pattern.test(output.out)) {
			const event = await Promise.race([once(child.stdout, 'data'), closed.then(() => 'closed')]);
			if (event === 'closed') throw new Error(`ended without ${pattern}: ${output.err}`);
		}
		return pattern.exec(output.out) ?? [];
	};
	const exitCode = async () => Number((await closed)[0]);
	return { child, output, said, exitCode };
}

it('says what to put where, logs each request without the key, and ends on Ctrl-C', async () => {
	const { child, output, said, exitCode } = start('--port', '0', '--generation-seconds', '0.5');
	try {
		const [, url] = await said(/API Base URL +(http:\/\/127\.0\.0\.1:\d+)\n/);
		expect(output.out).toContain(SANDBOX_API_KEY);
		expect(output.out).toContain('0.5 s');
		await said(/Ctrl-C/);
		const headers = { Authorization: `Bearer ${SANDBOX_API_KEY}` };
		await axios.get(`${url}/v1/credits`, { headers });
		await axios.get(`${url}/v1/credits?key=${SANDBOX_API_KEY}`, {
			headers,
			validateStatus: () => true,
		});
		await said(/GET \/v1\/credits: 200 in \d+ ms\n/);
		await said(/GET \/v1\/credits\?key=\(key hidden\): 400/);
		expect(output.out.split(SANDBOX_API_KEY)).toHaveLength(2);
	} finally {
		child.kill('SIGINT');
	}
	expect(await exitCode()).toBe(0);
});

it.each([
	['--port', 'abc'],
	['--generation-seconds', '-1'],
])('refuses %s "%s" with exit code 2', async (name, value) => {
	const { output, exitCode } = start(`${name}=${value}`);
	expect(await exitCode()).toBe(2);
	expect(output.err).toContain(name);
	expect(output.err).toContain('usage:');
});

it('says so when the port is taken', async () => {
	const { sandbox } = await openSandbox();
	const { output, exitCode } = start('--port', new URL(sandbox.url).port);
	expect(await exitCode()).toBe(1);
	expect(output.err).toContain('Another program uses this port');
	expect(output.err).not.toContain(' at ');
});
