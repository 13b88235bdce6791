const { availableParallelism } = require('node:os');

/** Types have their own step, `npm run typecheck`; checked in every file, they cost minutes. */
const transform = {
	'^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
};

/** The tests below one folder of test/. */
const project = (name, more = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	transform,
	...more,
});

/** @type {import('jest').Config} */
module.exports = {
	// `npm test` runs the first two; `npm run test:tools` the third.
	projects: [
		project('unit', { setupFilesAfterEnv: ['<rootDir>/test/random.ts'] }),
		project('engine', {
			setupFilesAfterEnv: ['<rootDir>/test/random.ts', '<rootDir>/test/engine/quick-clock.ts'],
		}),
		project('tools'),
	],
	// More than the usual one for each core but one: these tests mostly wait.
	maxWorkers: Math.max(4, availableParallelism()),
	// Of the tests of one `describe` in a file, with `it.concurrent`.
	maxConcurrency: 12,
	testTimeout: 30_000,
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	// Not as pages: their scripts would lie among the files that the linter looks at.
	coverageReporters: ['text', 'lcovonly'],
	coverageThreshold: { global: { lines: 95, branches: 90 } },
};
