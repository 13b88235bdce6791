import { Stop, Stopped } from '../../../nodes/Evolink/time/stop';

describe('a stop', () => {
	it('has no reason until it comes', () => {
		const stop = new Stop();
		expect(stop.reason).toBeUndefined();
		expect(() => stop.throwIfStopped()).not.toThrow();
	});

	it.each(['cancelled', 'itemFailed'] as const)('says why it came: %s', (reason) => {
		const stop = new Stop();
		stop.now(reason);
		expect(stop.reason).toBe(reason);
		expect(() => stop.throwIfStopped()).toThrow(Stopped);
		expect(() => stop.throwIfStopped()).toThrow(
			expect.objectContaining({ reason, name: 'Stopped', message: `Stopped: ${reason}` }),
		);
	});

	it('keeps a cancel as its reason', () => {
		const stop = new Stop();
		stop.now('cancelled');
		stop.now('itemFailed');
		expect(stop.reason).toBe('cancelled');
	});

	it('tells everybody again when a cancel follows on the failure of an item', () => {
		const stop = new Stop();
		const heard: string[] = [];
		stop.onStop((reason) => heard.push(reason));
		stop.now('itemFailed');
		stop.now('itemFailed');
		stop.now('cancelled');
		expect(stop.reason).toBe('cancelled');
		expect(heard).toEqual(['itemFailed', 'cancelled']);
	});

	it('calls everybody who listens, once', () => {
		const stop = new Stop();
		const heard: string[] = [];
		stop.onStop((reason) => heard.push(`first ${reason}`));
		stop.onStop((reason) => heard.push(`second ${reason}`));
		expect(heard).toEqual([]);
		stop.now('cancelled');
		stop.now('cancelled');
		expect(heard).toEqual(['first cancelled', 'second cancelled']);
	});

	it('calls at once who comes late', () => {
		const stop = new Stop();
		stop.now('cancelled');
		const heard: string[] = [];
		const leave = stop.onStop((reason) => heard.push(reason));
		leave();
		expect(heard).toEqual(['cancelled']);
	});

	it('does not call who has left, not even when they leave while it comes', () => {
		const stop = new Stop();
		const heard: string[] = [];
		const leaveFirst = stop.onStop(() => heard.push('first'));
		leaveFirst();
		leaveFirst();
		stop.onStop(() => {
			heard.push('second');
			leaveThird();
		});
		const leaveThird = stop.onStop(() => heard.push('third'));
		stop.now('cancelled');
		expect(heard).toEqual(['second']);
	});

	it('already has its reason when it calls', () => {
		const stop = new Stop();
		let reason: string | undefined;
		stop.onStop(() => {
			reason = stop.reason;
		});
		stop.now('itemFailed');
		expect(reason).toBe('itemFailed');
	});
});
