import { isCalledByAgent } from '../../../nodes/Evolink/n8n/toolUse';

describe('A call by an AI agent', () => {
	it('is known by the type that n8n gives to a tool', () => {
		expect(isCalledByAgent({ type: 'n8n-nodes-evolink.evolinkTool' })).toBe(true);
	});

	it.each(['n8n-nodes-evolink.evolink', 'CUSTOM.evolink'])('is none for %s', (type) => {
		expect(isCalledByAgent({ type })).toBe(false);
	});
});
