/**
 * The engine tests, and that of the fields, on an n8n engine other than the one this package is
 * developed with.
 * EVOLINK_ENGINE_DIR names the folder whose node_modules holds that engine; see run.ts.
 */
const { join } = require('node:path');

const { maxConcurrency, maxWorkers, projects } = require('../../jest.config.js');

const engine = projects.find(({ displayName }) => displayName === 'engine');

const engineFolder = process.env.EVOLINK_ENGINE_DIR;
if (!engineFolder) throw new Error('EVOLINK_ENGINE_DIR is not set: start this with run.ts');
const engineModules = join(engineFolder, 'node_modules');

/** @type {import('jest').Config} */
module.exports = {
	rootDir: join(__dirname, '..', '..'),
	testEnvironment: 'node',
	testMatch: ['engine/**/*', 'unit/create-fields'].map((file) => `<rootDir>/test/${file}.test.ts`),
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	moduleNameMapper: {
		// One engine in the whole process: the runner, the node and the tests must get the same classes.
		// Only for this project's own imports; what lies in the engine's folder finds its own way.
		'^(n8n-core|n8n-workflow|@n8n/di)$': `${engineModules}/$1`,
	},
	transform: engine.transform,
	setupFilesAfterEnv: engine.setupFilesAfterEnv,
	maxWorkers,
	maxConcurrency,
	testTimeout: 60_000,
};
