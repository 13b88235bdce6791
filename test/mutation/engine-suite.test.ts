// n8n's engine loads the node by its path in package.json. Here it stands as an import, so that Jest
// knows that these tests are tests of the node.
import '../../nodes/Evolink/Evolink.node';
import { useEvolink } from './shared-evolink-workflow';

/*
 * What mutants of the border to n8n meet: those files of test/engine whose tests run one after
 * another, since Stryker cannot tell which test has reached a mutant where several run at once.
 */

// Out here, so that it starts and ends with the whole suite.
useEvolink();

describe.each(['refused-inputs', 'credential', 'pictures', 'create-video', 'output', 'get-task'])(
	'In n8n (%s):',
	(name) => {
		// eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests belong in here
		require(`../engine/${name}.test`);
	},
);
