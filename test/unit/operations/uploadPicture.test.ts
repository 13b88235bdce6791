import type { Repeatable } from '../../../nodes/Evolink/evolink/client';
import { answerFailure, noAnswerFailure } from '../../../nodes/Evolink/evolink/errors';
import { uploadPicture } from '../../../nodes/Evolink/operations/uploadPicture';
import { Stopped } from '../../../nodes/Evolink/tasks/stop';
import { expectPlainWords, failureOfAsync } from '../evolink/failure-of';
import { busy, scriptedServices } from './services';

const FAR_MS = 1_000_000 + 10_000_000;
const LINK = 'https://files.example/1.jpg';
const UPLOADED: Repeatable<string> = { kind: 'done', value: LINK };
const UNREACHABLE: Repeatable<string> = {
	kind: 'tryAgain',
	failure: noAnswerFailure('dns'),
	reason: 'unreachable',
};
const REFUSED: Repeatable<string> = {
	kind: 'failed',
	failure: answerFailure({ status: 401, json: undefined }, 'upload'),
	expired: false,
};

const picture = (sha256: string) => ({ sha256, form: async () => new FormData() });

describe('an upload', () => {
	it('returns the address of the picture', async () => {
		const { services } = scriptedServices({ uploads: [UPLOADED] });
		expect(await uploadPicture(picture('a'), FAR_MS, services)).toBe(LINK);
	});

	it('is done once for a picture that several items share', async () => {
		const { services, uploadCount } = scriptedServices({ uploads: [UPLOADED] });
		const links = await Promise.all(
			['a', 'a', 'a'].map(async (sha256) => await uploadPicture(picture(sha256), FAR_MS, services)),
		);
		expect(links).toEqual([LINK, LINK, LINK]);
		await uploadPicture(picture('a'), FAR_MS, services);
		expect(uploadCount()).toBe(1);
		await uploadPicture(picture('b'), FAR_MS, services);
		expect(uploadCount()).toBe(2);
	});

	it('that failed does not keep the next item from its own chance', async () => {
		const { services, uploadCount } = scriptedServices({ uploads: [REFUSED, UPLOADED] });
		const shared = [1, 2].map(async () => await uploadPicture(picture('a'), FAR_MS, services));
		for (const one of await Promise.allSettled(shared)) expect(one.status).toBe('rejected');
		expect(uploadCount()).toBe(1);
		expect(await uploadPicture(picture('a'), FAR_MS, services)).toBe(LINK);
	});

	it('is tried again after a moment of bad luck', async () => {
		const { services, clock } = scriptedServices({ uploads: [busy(), busy(9_000), UPLOADED] });
		expect(await uploadPicture(picture('a'), FAR_MS, services)).toBe(LINK);
		expect(clock.sleptMs.filter((ms) => ms > 0)).toEqual([1_000, 9_000]);
	});

	it('is given up at the deadline, and after five minutes at the latest', async () => {
		const hurried = scriptedServices({ uploads: [busy()] });
		expectPlainWords(
			await failureOfAsync(uploadPicture(picture('a'), 1_000_000 + 10_000, hurried.services)),
		);
		expect(hurried.clock.nowMs()).toBeLessThan(1_000_000 + 10_000);
		const patient = scriptedServices({ uploads: [busy()] });
		await failureOfAsync(uploadPicture(picture('a'), FAR_MS, patient.services));
		expect(patient.clock.nowMs()).toBeLessThan(1_000_000 + 300_000);
		expect(patient.clock.nowMs()).toBeGreaterThan(1_000_000 + 200_000);
	});

	it('waits in line for as long as it takes, but is not tried again without a turn in time', async () => {
		const { services, uploadCount, turns } = scriptedServices({
			uploads: [busy(), UPLOADED],
			turnsInTime: 1,
		});
		const upload = uploadPicture(picture('a'), 1_000_000 + 10_000, services);
		expectPlainWords(await failureOfAsync(upload));
		expect(turns).toEqual([
			{ urgency: 'work', budgetMs: Infinity },
			{ urgency: 'work', budgetMs: 9_000 },
		]);
		expect(uploadCount()).toBe(1);
	});

	it('has all its time, however long it had to wait in line', async () => {
		const { services, budgetsMs } = scriptedServices({ uploads: [UPLOADED], turnMs: 25_000 });
		await uploadPicture(picture('a'), 1_000_000 + 10_000, services);
		expect(budgetsMs).toEqual([10_000]);
	});

	it('is not tried again at the very moment of the deadline', async () => {
		const { services, uploadCount } = scriptedServices({ uploads: [busy(), UPLOADED] });
		await failureOfAsync(uploadPicture(picture('a'), 1_000_000 + 1_000, services));
		expect(uploadCount()).toBe(1);
	});

	it('is given up soon when nothing answers at the address', async () => {
		const { services, uploadCount } = scriptedServices({ uploads: [UNREACHABLE] });
		await failureOfAsync(uploadPicture(picture('a'), FAR_MS, services));
		expect(uploadCount()).toBe(4);
	});

	it('that is refused is not tried again', async () => {
		const { services, uploadCount } = scriptedServices({ uploads: [REFUSED] });
		const details = await failureOfAsync(uploadPicture(picture('a'), FAR_MS, services));
		expect(details.httpCode).toBe('401');
		expect(uploadCount()).toBe(1);
	});

	it('ends with the execution', async () => {
		let sleeps = 0;
		const { services, uploadCount } = scriptedServices({
			uploads: [busy()],
			onSleep() {
				// The first sleep waits for the turn, the second one for better luck.
				if (++sleeps > 1) throw new Stopped('cancelled');
			},
		});
		await expect(uploadPicture(picture('a'), FAR_MS, services)).rejects.toBeInstanceOf(Stopped);
		expect(uploadCount()).toBe(1);
	});
});
