import { BORDER_FILES } from './border-files.mjs';
import { strykerOptions } from './options.mjs';

/** What needs no n8n to run. */
export default strykerOptions({
	name: 'unit-tests',
	timeoutMS: 5_000,
	breakBelowPercent: 80,
	mutate: ['nodes/**/*.ts', ...BORDER_FILES.map((file) => `!${file}`)],
});
