/** The tests that need all of n8n: one n8n is started for all files, which run one after the other. */
const { join } = require('node:path');

const { projects } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/n8n/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	globalSetup: '<rootDir>/test/n8n/start-shared-n8n.ts',
	globalTeardown: '<rootDir>/test/n8n/end-shared-n8n.ts',
	transform: projects[0].transform,
	// Two files at a time would share n8n's two cores and its list of executions.
	maxWorkers: 1,
	testTimeout: 60_000,
};
