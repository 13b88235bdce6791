import { beginSuite } from '../concurrent-tests';
import '../evolink-workflow';
import { timing } from './suites.json';

describe.each(timing)('%s', (name) => {
	beginSuite();
	// eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests belong in here
	require(`../${name}.test`);
});
