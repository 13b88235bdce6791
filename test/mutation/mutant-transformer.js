/**
 * Puts one mutant into the source before ts-jest translates it. The environment variable MUTANT names
 * it, as Stryker's report does: `{ file, location, replacement }`; without it, nothing is changed.
 */
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { default: tsJest } = require('ts-jest');

const mutant = process.env.MUTANT === undefined ? undefined : JSON.parse(process.env.MUTANT);
const mutatedFile = mutant && join(__dirname, '..', '..', mutant.file);

/** @param {{ line: number, column: number }} place counted from 1 */
function offsetOf(source, { line, column }) {
	const linesBefore = source.split('\n').slice(0, line - 1);
	return linesBefore.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}

function mutate(source, file) {
	if (file !== mutatedFile) return source;
	const { start, end } = mutant.location;
	return (
		source.slice(0, offsetOf(source, start)) +
		mutant.replacement +
		source.slice(offsetOf(source, end))
	);
}

module.exports = {
	createTransformer(config) {
		// Types are not in question: a mutant may break them, and yet be noticed by nobody at run time.
		const transformer = tsJest.createTransformer({ ...config, diagnostics: false });
		return {
			process: (source, file, options) => transformer.process(mutate(source, file), file, options),
			getCacheKey: (source, file, options) =>
				createHash('sha256')
					.update(transformer.getCacheKey(source, file, options))
					.update(mutate(source, file))
					.digest('hex'),
		};
	},
};
