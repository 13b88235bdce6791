import { retryAfterMs } from '../../../nodes/Evolink/time/retry';

const NOW_MS = Date.UTC(2026, 0, 5, 12, 0, 0);

describe('Retry-After', () => {
	it.each([
		['30', 30_000],
		[' 5 ', 5_000],
		['0', 0],
		['1.5', 1_500],
		['1.25', 1_250],
		['86400', 86_400_000],
		['Mon, 05 Jan 2026 12:00:30 GMT', 30_000],
		['Monday, 05-Jan-26 12:01:00 GMT', 60_000],
		['Mon Jan  5 12:00:10 2026 GMT', 10_000],
		['Mon, 05 Jan 2026 11:59:00 GMT', 0],
		['Thu, 01 Jan 1970 00:00:00 GMT', 0],
	])('of %j asks for %d ms', (header, ms) => {
		expect(retryAfterMs(header, NOW_MS)).toBe(ms);
	});

	it.each([
		undefined,
		'',
		' ',
		'-5',
		'soon',
		'5 minutes',
		'1e3',
		'2026-01-05',
		'5 Jan 2026 12:00:30 GMT',
		'M, 05 Jan 2026 12:00:30 GMT',
		'30s',
		'NaN',
		'null',
	])('of %j asks for nothing', (header) => {
		expect(retryAfterMs(header, NOW_MS)).toBeUndefined();
	});
});
