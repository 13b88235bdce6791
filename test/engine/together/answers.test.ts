import { beginSuite } from '../concurrent-tests';
import '../evolink-workflow';
import { answers } from './suites.json';

describe.each(answers)('%s', (name) => {
	beginSuite();
	// eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests belong in here
	require(`../${name}.test`);
});
