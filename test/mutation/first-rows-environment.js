const FailFastEnvironment = require('./fail-fast-environment.js');

const MOST_ROWS = 2;

/** Where a test stands in its file; all rows of a table stand in one place. */
function placeOf({ asyncError }) {
	return /[^/\s]+\.test\.ts:\d+:\d+/.exec(asyncError?.stack ?? '')?.[0];
}

/**
 * Of a table of tests, runs the first rows only: a mutant that they spare costs seconds for each
 * further row in n8n's engine, and hardly ever dies of it.
 */
module.exports = class FirstRowsEnvironment extends FailFastEnvironment {
	rowsByPlace = new Map();

	async handleTestEvent(event) {
		if (event.name === 'test_start' && this.isFurtherRow(event.test)) event.test.mode = 'skip';
		await super.handleTestEvent(event);
	}

	isFurtherRow(test) {
		const place = placeOf(test);
		if (place === undefined) return false;
		const rows = this.rowsByPlace.get(place) ?? [];
		this.rowsByPlace.set(place, [...rows, test.name]);
		return rows.length >= MOST_ROWS;
	}
};
