import { isCalledByAgent } from '../../../nodes/Evolink/n8n/toolUse';

describe('a call by an AI agent', () => {
	it.each([true, false])('is what n8n says it is: %s', (isTool) => {
		expect(isCalledByAgent({ isToolExecution: () => isTool })).toBe(isTool);
	});

	it('is never assumed where n8n cannot say', () => {
		expect(isCalledByAgent({})).toBe(false);
	});
});
