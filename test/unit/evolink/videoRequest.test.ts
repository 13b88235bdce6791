import { VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import {
	checkCameraCommands,
	checkWishes,
	requestBody,
} from '../../../nodes/Evolink/evolink/videoRequest';
import { composePrompt } from '../../../nodes/Evolink/evolink/camera';
import { expectPlainWords, failureOf } from './failure-of';

const WISHES = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	prompt: '',
	quality: '768p',
	durationSeconds: 6,
	promptOptimizer: true,
};

function refusal(changes: Partial<typeof WISHES>) {
	const details = failureOf(() => checkWishes({ ...WISHES, ...changes }));
	expect(details.kind).toBe('input');
	expectPlainWords(details);
	return details;
}

describe('what a video shall look like', () => {
	it.each([
		['768p', 6],
		['768p', 10],
		['1080p', 6],
	])('may be %s for %d seconds', (quality, durationSeconds) => {
		const checked = checkWishes({ ...WISHES, quality, durationSeconds });
		expect(checked).toMatchObject({ quality, durationSeconds, modelRules: VIDEO_MODELS[0] });
	});

	it('cannot be 1080p for 10 seconds, and the refusal names both ways out', () => {
		const { message, description } = refusal({ quality: '1080p', durationSeconds: 10 });
		expect(message).toBe("'Duration' cannot be 10 seconds with the quality 1080p");
		expect(description).toContain('6 seconds');
		expect(description).toContain("'768p'");
	});

	it.each([0, -6, 6.5, 7, 60, 1e21])('cannot last %d seconds at any quality', (durationSeconds) => {
		const { message, description } = refusal({ durationSeconds });
		expect(message).toContain("'Duration'");
		expect(description).toBe('Choose 6 or 10 seconds.');
	});

	it.each(['', '720p', '768P', '4k', 'constructor', "it's"])(
		'cannot have the quality %j',
		(quality) => {
			const { message, description } = refusal({ quality });
			expect(message).toContain("'Quality'");
			expect(message).toContain(`'${quality}'`);
			expect(description).toBe("Choose '768p', '1080p'.");
		},
	);

	it.each(['', 'minimax-hailuo-2.3-fast', 'MiniMax-Hailuo-02', '__proto__'])(
		'cannot be made by the model %j',
		(model) => {
			const { message, description } = refusal({ model });
			expect(message).toContain("'Model'");
			expect(message).toContain(`'${model}'`);
			expect(description).toContain("'MiniMax-Hailuo-2.3-Fast'");
		},
	);
});

describe('the length of the prompt', () => {
	it('is checked on the result, commands included', () => {
		const words = 'a'.repeat(1989);
		const fits = composePrompt(words, ['Pan left'], []);
		expect(fits).toHaveLength(2000);
		expect(checkWishes({ ...WISHES, prompt: fits }).prompt).toBe(fits);

		const { message, description } = refusal({
			prompt: composePrompt(`${words}a`, ['Pan left'], []),
		});
		expect(message).toContain('2001 characters');
		expect(description).toContain('2000');
		expect(description).toContain('camera commands');
	});

	it('counts an emoji as one character', () => {
		expect(() => checkWishes({ ...WISHES, prompt: '🐈'.repeat(2000) })).not.toThrow();
		expect(refusal({ prompt: '🐈'.repeat(2001) }).message).toContain('2001');
	});
});

describe('the commands of a field', () => {
	it('are taken in their order', () => {
		const commands = ['Zoom in', 'Pan left'];
		expect(checkCameraCommands(commands, 'Camera Commands')).toEqual(commands);
		expect(checkCameraCommands([], 'Camera Commands')).toEqual([]);
	});

	it.each(['Pan Left', '', 'Fly', 'toString'])('may not be %j', (unknown) => {
		const details = failureOf(() => checkCameraCommands(['Shake', unknown], 'Camera Sequence'));
		expect(details.kind).toBe('input');
		expectPlainWords(details);
		expect(details.message).toContain("'Camera Sequence'");
		expect(details.message).toContain(`'${unknown}'`);
	});
});

describe('the body of the submission', () => {
	const LINK = 'https://example.com/cat.jpg';

	it('holds the fields of the API and no other', () => {
		const wishes = checkWishes({
			...WISHES,
			prompt: 'A cat',
			quality: '1080p',
			promptOptimizer: false,
		});
		expect(requestBody(wishes, LINK)).toStrictEqual({
			model: 'MiniMax-Hailuo-2.3-Fast',
			image_urls: [LINK],
			prompt: 'A cat',
			quality: '1080p',
			duration: 6,
			model_params: { prompt_optimizer: false },
		});
	});

	it('omits the prompt when it would be empty', () => {
		expect(requestBody(checkWishes(WISHES), LINK)).not.toHaveProperty('prompt');
	});
});
