/** The tests that let ffmpeg judge joined films. */
const { join } = require('node:path');

const { projects } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testMatch: ['<rootDir>/test/film/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	transform: projects[0].transform,
	testTimeout: 60_000,
};
