import { beginSuite } from '../concurrent-tests';
import '../evolink-workflow';
import { links } from './suites.json';

describe.each(links)('%s', (name) => {
	beginSuite();
	// eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests belong in here
	require(`../${name}.test`);
});
