import { backoffMs } from '../../../nodes/Evolink/time/repeat';

describe('the pause after an attempt that went wrong', () => {
	it('doubles each time, up to half a minute', () => {
		const pauses = [1, 2, 3, 4, 5, 6, 7, 60].map((attempts) => backoffMs(attempts, undefined, 0));
		expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
	});

	it('is up to a quarter longer by chance', () => {
		expect(backoffMs(3, undefined, 0.5)).toBe(4_500);
		expect(backoffMs(3, undefined, 0.999)).toBe(4_999);
	});

	it('is what the server asks for, or longer by chance, but never shorter', () => {
		expect(backoffMs(1, 20_000, 0)).toBe(20_000);
		expect(backoffMs(9, 20_000, 0.5)).toBe(22_500);
	});

	it('is never none, even when the server asks for none or its clock is late', () => {
		expect(backoffMs(1, 0, 0)).toBe(1_000);
		expect(backoffMs(50, 3, 0)).toBe(1_000);
	});
});
