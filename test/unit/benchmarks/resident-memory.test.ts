import { residentMemoryIn } from '../../../benchmarks/resident-memory';

const STATUS = `Name:	node
VmPeak:	 1300000 kB
VmHWM:	  202000 kB
VmRSS:	  101000 kB
RssAnon:	   90000 kB
`;

describe('the memory of a process', () => {
	it("is read from Linux's text, in bytes", () => {
		expect(residentMemoryIn(STATUS)).toEqual({
			currentBytes: 101_000 * 1024,
			peakBytes: 202_000 * 1024,
		});
	});

	it.each(['VmHWM', 'VmRSS'])('cannot be told without %s', (name) => {
		expect(() => residentMemoryIn(STATUS.replace(name, 'VmOther'))).toThrow(name);
	});
});
