const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { default: TestRunner } = require('jest-runner');

/** Set by Stryker to the mutant that is switched on. */
const ACTIVE_MUTANT = '__STRYKER_ACTIVE_MUTANT__';

const FILES_FILE = 'test-files-of-mutation-run.json';

/** Texts and fields first, which two files look at; tests in n8n's engine last. */
function rankOf({ path }) {
	if (path.includes('/test/mutation/')) return 2;
	return /\/test\/unit\/[^/]+$/.test(path) ? 0 : 1;
}

/**
 * Runs the tests of a mutant until one of them fails, and opens only files that hold one of them.
 * Stryker gives Jest the names of the tests that reach the mutant, but no files, and Jest would load
 * every file that imports the mutated one to find them; nor can Stryker ask Jest to stop early.
 */
module.exports = class MutantTestRunner extends TestRunner {
	async runTests(tests, watcher, options) {
		const { rootDir, testNamePattern } = this._globalConfig;
		const isMutant = process.env[ACTIVE_MUTANT] !== undefined;
		const filesFile = join(rootDir, FILES_FILE);
		/** Of each test file, when it ran without a mutant: the names of its tests, and how long it took. */
		const files = existsSync(filesFile) ? JSON.parse(readFileSync(filesFile, 'utf8')) : {};
		const wanted = isMutant && testNamePattern ? new RegExp(testNamePattern, 'i') : undefined;
		const isWanted = ({ path }) =>
			wanted === undefined || (files[path]?.names.some((name) => wanted.test(name)) ?? true);

		let hasFailed = false;
		this.on('test-file-success', ([{ path }, result]) => {
			hasFailed ||= result.numFailingTests > 0 || result.testExecError !== undefined;
			files[path] = {
				names: result.testResults.map(({ fullName }) => fullName),
				ms: result.perfStats.runtime,
			};
		});
		this.on('test-file-failure', () => {
			hasFailed = true;
		});
		const msOf = ({ path }) => files[path]?.ms ?? 0;
		const inOrder = tests
			.filter(isWanted)
			.sort((a, b) => rankOf(a) - rankOf(b) || msOf(a) - msOf(b));
		for (const test of inOrder) {
			if (isMutant && hasFailed) break;
			await super.runTests([test], watcher, { ...options, serial: true });
		}
		if (!isMutant) writeFileSync(filesFile, JSON.stringify(files));
	}
};
