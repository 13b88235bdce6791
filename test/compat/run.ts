/**
 * Runs the engine tests on older n8n engines: `npm run test:compat [-- JEST OPTIONS]`.
 *
 * Each engine has a package of its own beside this file, so that the everyday install stays small.
 * It is installed on first use, into a cache folder outside the checkout that is named after the
 * lock file: a changed lock file means a new folder, an unchanged one no installation.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const ENGINES = ['n8n-1.123', 'n8n-2.8'];
const INSTALL_FILES = ['package.json', 'package-lock.json', '.npmrc'];
const PROJECT_FOLDER = join(__dirname, '..', '..');

interface TestTotals {
	numPassedTests: number;
	numFailedTests: number;
	numFailedTestSuites: number;
}

function print(line: string): void {
	process.stdout.write(`${line}\n`);
}

function run(command: string, parameters: string[], cwd: string, env = process.env): number {
	const { status, error } = spawnSync(command, parameters, { cwd, env, stdio: 'inherit' });
	if (error) throw error;
	return status ?? 1;
}

/** @returns The folder whose node_modules holds the engine; installs it there if need be. */
function installEngine(name: string): string {
	const source = join(__dirname, name);
	const lockFile = readFileSync(join(source, 'package-lock.json'));
	const hash = createHash('sha256').update(lockFile).digest('hex').slice(0, 12);
	const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
	const cacheFolder = join(cacheHome, 'n8n-nodes-evolink', 'compat');
	const engineFolder = join(cacheFolder, `${name}-${hash}`);
	if (existsSync(join(engineFolder, 'node_modules', 'n8n-core'))) return engineFolder;

	print(`Installing the engine of ${name} (once, about 200 MB) ...`);
	mkdirSync(cacheFolder, { recursive: true });
	// Installed aside and moved into place when complete: an interrupted installation leaves nothing
	// behind that looks like an engine, and two at the same time do not get into each other's way.
	const unfinished = mkdtempSync(join(cacheFolder, `${name}-unfinished-`));
	try {
		for (const file of INSTALL_FILES) copyFileSync(join(source, file), join(unfinished, file));
		if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], unfinished) !== 0) {
			throw new Error(`The engine of ${name} could not be installed`);
		}
		if (!existsSync(join(engineFolder, 'node_modules', 'n8n-core'))) {
			rmSync(engineFolder, { recursive: true, force: true });
			renameSync(unfinished, engineFolder);
		}
	} finally {
		rmSync(unfinished, { recursive: true, force: true });
	}
	return engineFolder;
}

function testOn(name: string, jestOptions: string[]): { summary: string; hasPassed: boolean } {
	const engineFolder = installEngine(name);
	const manifest: { dependencies: Record<string, string> } = JSON.parse(
		readFileSync(join(__dirname, name, 'package.json'), 'utf8'),
	);
	const version = manifest.dependencies['n8n-core'];
	print(`\n=== ${name}: n8n-core ${version} ===\n`);

	const resultFile = join(engineFolder, `last-result-${process.pid}.json`);
	try {
		const exitCode = run(
			process.execPath,
			[
				require.resolve('jest/bin/jest'),
				'--config',
				join(__dirname, 'jest.config.js'),
				'--json',
				'--outputFile',
				resultFile,
				...jestOptions,
			],
			PROJECT_FOLDER,
			{ ...process.env, EVOLINK_ENGINE_DIR: engineFolder, EVOLINK_ENGINE_VERSION: version },
		);
		if (!existsSync(resultFile)) return { summary: `${name}: no result`, hasPassed: false };
		const totals: TestTotals = JSON.parse(readFileSync(resultFile, 'utf8'));
		// A test file that does not even load fails without a failed test.
		const failures = totals.numFailedTests || totals.numFailedTestSuites;
		return {
			summary: `${name}: ${totals.numPassedTests} passed, ${failures} failed`,
			hasPassed: exitCode === 0 && failures === 0 && totals.numPassedTests > 0,
		};
	} finally {
		rmSync(resultFile, { force: true });
	}
}

const results = ENGINES.map((name) => testOn(name, process.argv.slice(2)));
print(`\n${results.map(({ summary }) => summary).join('\n')}`);
process.exitCode = results.every(({ hasPassed }) => hasPassed) ? 0 : 1;
