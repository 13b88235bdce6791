const project = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	...project,
	rootDir: '../..',
	// All that lies between a test and the node: Jest finds a file's tests by following the imports.
	roots: ['credentials', 'docs', 'nodes', 'test'].map((name) => `<rootDir>/${name}`),
	testMatch: [
		'<rootDir>/test/unit/*.test.ts',
		'<rootDir>/test/unit/(evolink|n8n|operations|tasks)/*.test.ts',
	],
	testPathIgnorePatterns: [
		'/node_modules/',
		// What takes the time is many times slower in code that is being measured.
		'Speed\\.test\\.ts$',
		'/poll-schedule-figures\\.test\\.ts$',
		'/(any-[a-z-]+|picture-corpus)\\.test\\.ts$',
	],
	globals: { FAST_CHECK_FILE: require.resolve('fast-check') },
	moduleNameMapper: { '^fast-check$': require.resolve('./repeatable-fast-check.js') },
	testEnvironment: require.resolve('./fail-fast-environment.js'),
	runner: require.resolve('./mutant-test-runner.js'),
};
