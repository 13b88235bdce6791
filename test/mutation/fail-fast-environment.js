const { TestEnvironment } = require('jest-environment-node');

/** Skips what is left of a test file once one of its tests has failed: that mutant is dead. */
module.exports = class FailFastEnvironment extends TestEnvironment {
	hasFailed = false;

	async handleTestEvent(event) {
		// Without a test, it is the file's own preparation that failed: each of its tests reports that.
		const isFailure = event.name === 'test_fn_failure' || event.name === 'hook_failure';
		if (isFailure && event.test !== undefined) this.hasFailed = true;
		if (event.name === 'test_start' && this.hasFailed) event.test.mode = 'skip';
	}
};
