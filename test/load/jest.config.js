/** The tests that measure: in real time, and one file after the other, so that none disturbs another. */
const { join } = require('node:path');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/load/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	transform: {
		'^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.tools.json', transpilation: true }],
	},
	maxWorkers: 1,
	testTimeout: 180_000,
};
