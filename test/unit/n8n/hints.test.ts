import { adviceHints } from '../../../nodes/Evolink/n8n/hints';

describe('the hints of an execution', () => {
	it('are none without advice', () => {
		expect(adviceHints(3).all()).toEqual([]);
	});

	it('are shown with the output, as they are when there is one item', () => {
		const hints = adviceHints(1);
		hints.add(0, 'Do it otherwise.');
		expect(hints.all()).toEqual([
			{ message: 'Do it otherwise.', location: 'outputPane', type: 'info' },
		]);
	});

	it('say the same only once, and name the items', () => {
		const hints = adviceHints(4);
		hints.add(0, 'One.');
		hints.add(3, 'Two.');
		hints.add(2, 'One.');
		expect(hints.all().map(({ message }) => message)).toEqual([
			'One. (items 0, 2)',
			'Two. (item 3)',
		]);
	});
});
