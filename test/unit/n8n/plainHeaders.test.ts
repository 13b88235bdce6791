import { plainHeaders } from '../../../nodes/Evolink/n8n/http';

describe('the headers of an answer', () => {
	it('have lower-case names, and are texts', () => {
		expect(
			plainHeaders({ 'Retry-After': '5', 'set-cookie': ['a', 'b'], 'X-Number': 7, x: null }),
		).toEqual({ 'retry-after': '5' });
	});

	it.each([undefined, null, 'retry-after: 5', 7])('are none when there are none: %j', (headers) => {
		expect(plainHeaders(headers)).toEqual({});
	});
});
