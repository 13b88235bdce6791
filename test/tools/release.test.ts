import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, type ICredentialType, type INode, type INodeType } from 'n8n-workflow';
import { parse } from 'yaml';

import { startSandbox } from '../../sandbox';
import { nodeError, startEngine } from '../../tools/engine';

const PROJECT_FOLDER = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'release-'));
const clone = join(folder, 'clone');
const packed = join(folder, 'package');

/** Steps of the workflow that no version can break: they install, take minutes, or publish. */
const NOT_REHEARSED = /npm (install|ci|test|publish)|npm run (lint|typecheck|scan)/;

const [name, email] = ['Release', 'release@example.com'];
const author = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email };
const committer = { GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };

/** Runs a command line in the clone and returns what it printed. */
function run(line: string, more: NodeJS.ProcessEnv = {}): string {
	const options = {
		cwd: clone,
		env: { ...process.env, ...author, ...committer, ...more },
		encoding: 'utf8',
		stdio: 'pipe',
	} as const;
	return execFileSync('bash', ['-euc', line], options).trim();
}

/** Which command lines the publishing workflow runs, in their order. */
function publishingSteps(): string[] {
	const text = readFileSync(join(clone, '.github/workflows/publish.yml'), 'utf8');
	const steps: Array<{ run?: string }> = parse(text).jobs.publish.steps;
	return steps.flatMap(({ run: line }) => line ?? []);
}

/** How the packed node introduces itself to the API. */
async function userAgent(): Promise<unknown> {
	const load = <T>(file: string, name: string): T =>
		// eslint-disable-next-line @typescript-eslint/no-require-imports -- a path that is known only now
		new (require(join(packed, 'dist', file))[name])();
	const type = 'n8n-nodes-evolink.evolink';
	const evolinkApi = load<ICredentialType>('credentials/EvolinkApi.credentials.js', 'EvolinkApi');
	const engine = await startEngine({
		storagePath: folder,
		binaryDataMode: 'default',
		extraNodeTypes: { [type]: load<INodeType>('nodes/Evolink/Evolink.node.js', 'Evolink') },
		extraCredentialTypes: { evolinkApi },
	});
	const node = (name: string, more: Partial<INode>): INode => ({
		...{ id: name, name, type, typeVersion: 1, position: [0, 0], parameters: {} },
		...more,
	});
	const sandbox = await startSandbox();
	try {
		const { apiKey, url } = sandbox;
		const ended = await engine.runWorkflow({
			workflow: {
				nodes: [
					node('Start', { type: 'n8n-nodes-base.manualTrigger' }),
					node('Evolink', {
						parameters: { resource: 'account', operation: 'getBalance' },
						credentials: { evolinkApi: { id: '1', name: 'Evolink' } },
					}),
				],
				connections: { Start: { main: [[{ node: 'Evolink', type: 'main', index: 0 }]] } },
			},
			credentials: { evolinkApi: { apiKey, baseUrl: url, filesBaseUrl: url } },
		});
		expect(nodeError(ended)).toBeUndefined();
		return sandbox.requests[0].headers['user-agent'];
	} finally {
		await sandbox.close();
	}
}

afterAll(async () => {
	rmSync(folder, { recursive: true, force: true });
	// What is left of the node's last slice of sleep would keep the process from its end.
	await sleep(1_000);
});

it('a release by the book leads to a package whose node names the new version', async () => {
	execFileSync('git', ['clone', '--quiet', PROJECT_FOLDER, clone]);
	symlinkSync(join(PROJECT_FOLDER, 'node_modules'), join(clone, 'node_modules'), 'junction');
	const book = readFileSync(join(clone, 'CONTRIBUTING.md'), 'utf8');

	const before = run('git rev-parse HEAD');
	run(/`(npm version minor [^`]+)`/.exec(book)?.[1] ?? 'exit 1');
	// Only tags with a message count here, as they do for `git push --follow-tags`.
	const version = run('git describe --exact-match');
	expect(version).toMatch(/^\d+\.\d+\.0$/);
	expect(run('git rev-parse HEAD~1')).toBe(before);

	const steps = publishingSteps().filter((line) => !NOT_REHEARSED.test(line));
	expect(steps).toEqual(expect.arrayContaining(['npm run build', 'npm run check:pack']));
	for (const step of steps) run(step, { GITHUB_REF_NAME: version });
	// Of the tests, those that a new version can break.
	run('npm test -- --findRelatedTests package.json');

	mkdirSync(packed);
	run(`tar -xzf "$(npm pack --loglevel error)" -C "${packed}" --strip-components=1`);
	symlinkSync(join(PROJECT_FOLDER, 'node_modules'), join(folder, 'node_modules'), 'junction');
	expect(await userAgent()).toBe(`n8n-nodes-evolink/${version}`);
}, 120_000);
