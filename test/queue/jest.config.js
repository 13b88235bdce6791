/** The tests of queue mode: all files at once, each with servers of its own, in real time. */
const { join } = require('node:path');

const { projects } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/queue/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	transform: projects[0].transform,
	maxWorkers: 3,
};
