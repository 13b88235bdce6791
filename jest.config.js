/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	roots: ['<rootDir>/test/unit', '<rootDir>/test/engine'],
	testMatch: ['**/*.test.ts'],
	transform: {
		// Types have their own step, `npm run typecheck`; checked in every file, they cost minutes.
		'^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
	},
	// jest leaves one core free, which on two cores is half of them.
	maxWorkers: '100%',
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	testTimeout: 30_000,
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	// Not as pages: their scripts would lie among the files that the linter looks at.
	coverageReporters: ['text', 'lcovonly'],
	coverageThreshold: { global: { lines: 95, branches: 90 } },
};
