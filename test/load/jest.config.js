/** The tests that measure: in real time, and one file after the other, so that none disturbs another. */
const { join } = require('node:path');

const { projects } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/load/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	transform: projects[0].transform,
	maxWorkers: 1,
	testTimeout: 180_000,
};
