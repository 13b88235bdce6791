/** The tests of queue mode: one set of servers, one test after the other, in real time. */
const { join } = require('node:path');

const { projects } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/queue/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	transform: projects[0].transform,
	maxWorkers: 1,
	testTimeout: 60_000,
};
