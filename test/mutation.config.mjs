import jestConfig from '../jest.config.js';

const { displayName, ...unitTests } = jestConfig.projects[0];

/** What reads documents and descriptions, or joins films: seconds for each mutant that no other test needs. */
const LONG_TESTS = ['documentation', 'node-description', 'film'];

/** Stryker breaks what needs no n8n on purpose, and sees whether the unit tests notice. */
export default {
	mutate: [
		'nodes/Evolink/evolink/*.ts',
		'nodes/Evolink/n8n/{nodeErrors,parameters}.ts',
		// What the node sends, and what each model takes, is judged on n8n's engine.
		'!nodes/Evolink/evolink/{client,models}.ts',
	],
	testRunner: 'jest',
	jest: {
		config: { ...unitTests, projects: [], testPathIgnorePatterns: LONG_TESTS },
		enableFindRelatedTests: true,
	},
	// Each mutant meets only the tests that reach it.
	coverageAnalysis: 'perTest',
	// What runs while a file loads, such as tables, would meet every test: nine tenths of the time.
	ignoreStatic: true,
	// What neither the tests nor the node read; everything else is copied for the run.
	ignorePatterns: ['/coverage', '/demo-output', '/dist', '/docs/images', '/reports'],
	incremental: true,
	incrementalFile: 'reports/mutation/incremental.json',
	reporters: ['clear-text', 'html', 'progress'],
	clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
	thresholds: { high: 95, low: 90, break: 90 },
};
