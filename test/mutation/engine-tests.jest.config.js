const unitTests = require('./unit-tests.jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	...unitTests,
	testMatch: [
		'<rootDir>/test/unit/*.test.ts',
		'<rootDir>/test/unit/(n8n|operations)/*.test.ts',
		'<rootDir>/test/mutation/engine-suite.test.ts',
	],
	moduleNameMapper: {
		...unitTests.moduleNameMapper,
		'^\\./evolink-workflow$': require.resolve('./shared-evolink-workflow.ts'),
	},
	// None takes more than two seconds; only a mutant waits for longer, or a busy machine.
	testTimeout: 20_000,
	testEnvironment: require.resolve('./first-rows-environment.js'),
};
