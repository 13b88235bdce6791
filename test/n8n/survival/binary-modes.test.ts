import { useN8n } from '../../../tools/n8n/n8n-bench';
import { describeBinaryMode } from './binary-mode-cases';
import { startOwnN8n, type OwnN8n } from './own-n8n';

// The mode "database" has its tests in crash.test.ts, where an n8n runs with it.
const shared = useN8n();
describeBinaryMode('filesystem', () => shared);

describe('in an n8n of its own', () => {
	let own: OwnN8n;
	beforeAll(async () => {
		own = await startOwnN8n({ binaryDataMode: 'default' });
	}, 120_000);
	afterAll(async () => await own?.close());

	describeBinaryMode('default', () => own);
});
