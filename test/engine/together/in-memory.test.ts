import { beginSuite } from '../concurrent-tests';
import '../evolink-workflow';
import { inMemory } from './suites.json';

describe.each(inMemory)('%s', (name) => {
	beginSuite();
	// eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests belong in here
	require(`../${name}.test`);
});
