/** What both mutation runs have in common. */
export function strykerOptions({ name, mutate, timeoutMS, breakBelowPercent }) {
	return {
		mutate,
		testRunner: 'jest',
		jest: { configFile: `test/mutation/${name}.jest.config.js`, enableFindRelatedTests: true },
		// Each mutant meets only the tests that reach it.
		coverageAnalysis: 'perTest',
		// What neither the tests nor the node read; everything else is copied for the run.
		ignorePatterns: ['/coverage', '/demo-output', '/dist', '/docs/images', '/reports'],
		concurrency: 2,
		// On top of one and a half times what the tests take without a mutant.
		timeoutMS,
		// Only what changed since the last run on this machine is tested again.
		incremental: true,
		incrementalFile: `reports/mutation/${name}.incremental.json`,
		reporters: ['clear-text', 'html', 'json', 'progress'],
		clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
		htmlReporter: { fileName: `reports/mutation/${name}.html` },
		jsonReporter: { fileName: `reports/mutation/${name}.json` },
		thresholds: { high: 95, low: 90, break: breakBelowPercent },
		// They are the point: the names, defaults and texts of the node are constants.
		ignoreStatic: false,
		warnings: { slow: false },
	};
}
