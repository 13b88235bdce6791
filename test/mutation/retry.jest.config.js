/** Unit and engine tests as they are, on sources that may hold one mutant; see retry-survivors.ts. */
const { join } = require('node:path');
const project = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testEnvironment: project.testEnvironment,
	testTimeout: project.testTimeout,
	modulePathIgnorePatterns: project.modulePathIgnorePatterns,
	testMatch: ['<rootDir>/test/{engine,unit/operations}/*.test.ts'],
	transform: {
		'^.+\\.ts$': [
			require.resolve('./mutant-transformer.js'),
			{ tsconfig: '<rootDir>/tsconfig.tools.json', isolatedModules: true },
		],
	},
};
