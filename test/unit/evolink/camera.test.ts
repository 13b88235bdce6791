import {
	CAMERA_COMMANDS,
	composePrompt,
	countCharacters,
	promptAdvice,
	readCameraCommands,
} from '../../../nodes/Evolink/evolink/camera';
import { expectPlainWords, failureOf } from './failure-of';

describe('the prompt that is sent', () => {
	it("is the user's words, one bracket, then the steps, each part after one space", () => {
		const prompt = composePrompt(
			'A cat looks up',
			['Pan left', 'Zoom in'],
			[
				{ cue: 'slowly', commands: ['Push in'] },
				{ cue: 'then quickly', commands: ['Pull out'] },
			],
		);
		expect(prompt).toBe(
			'A cat looks up [Pan left,Zoom in] slowly [Push in] then quickly [Pull out]',
		);
	});

	it.each([
		['nothing at all', '', [], [], ''],
		['blanks only', ' \n ', [], [{ cue: '  ', commands: [] }], ''],
		['words only', 'A cat', [], [], 'A cat'],
		['one command only', '', ['Shake'], [], '[Shake]'],
		['a step without words', 'A cat', [], [{ cue: '', commands: ['Push in'] }], 'A cat [Push in]'],
		['a step without commands', 'A cat', [], [{ cue: 'purrs', commands: [] }], 'A cat purrs'],
		['blanks around words', '  A cat ', ['Shake'], [], 'A cat [Shake]'],
	])('leaves no gap behind for %s', (_what, words, commands, steps, sent) => {
		expect(composePrompt(words, commands, steps)).toBe(sent);
	});

	it('has commands that the user typed as the API writes them, and all else as it was typed', () => {
		const words = '[TRACKING SHOT] A cat [pan LEFT]\n[Pan left, zoom in]  looks [Up, Push In]';
		const sent = '[Tracking shot] A cat [Pan left]\n[Pan left,Zoom in]  looks [Up, Push In]';
		expect(composePrompt(words, [], [])).toBe(sent);
	});

	it('is well-formed, whatever an expression has cut in half', () => {
		expect(composePrompt('A cat \ud83d', [], [])).toBe('A cat \ufffd');
	});
});

describe('the camera commands', () => {
	it('are the 15 of the API, letter by letter', () => {
		expect(CAMERA_COMMANDS.map(({ value }) => value).sort()).toEqual([
			'Pan left',
			'Pan right',
			'Pedestal down',
			'Pedestal up',
			'Pull out',
			'Push in',
			'Shake',
			'Static shot',
			'Tilt down',
			'Tilt up',
			'Tracking shot',
			'Truck left',
			'Truck right',
			'Zoom in',
			'Zoom out',
		]);
	});

	it.each([
		[[], []],
		[
			['Zoom in', 'Pan left'],
			['Zoom in', 'Pan left'],
		],
		[['push in', 'PUSH IN', ' Push  In ', 'push_in'], Array(4).fill('Push in')],
		[['[Push in]'], ['Push in']],
		[
			['[Pan left,Zoom in]', '', '[Shake] [tilt up]'],
			['Pan left', 'Zoom in', 'Shake', 'Tilt up'],
		],
		[
			['Crane up', 'crane down'],
			['Pedestal up', 'Pedestal down'],
		],
		[
			['Dolly in', 'move in', 'zoom-in'],
			['Push in', 'Push in', 'Zoom in'],
		],
		[['dolly-out'], ['Pull out']],
		[
			['Track left', 'track right'],
			['Truck left', 'Truck right'],
		],
		[
			['Handheld', 'locked off', 'follow'],
			['Shake', 'Static shot', 'Tracking shot'],
		],
		[['[Crane up, Dolly in]'], ['Pedestal up', 'Push in']],
	])('are read kindly, and as film people call them: %j', (texts, commands) => {
		expect(readCameraCommands(texts, 'Camera Commands')).toEqual(commands);
	});

	it.each(['Pan', 'orbit', 'whip pan', 'toString', 'x'.repeat(10_000)])(
		'do not include %j',
		(unknown) => {
			const details = failureOf(() => readCameraCommands(['Shake', unknown], 'Camera Sequence'));
			expectPlainWords(details);
			expect(details.kind).toBe('input');
			expect(details.message).toContain("'Camera Sequence'");
			expect(details.message).toContain(`'${unknown.slice(0, 100)}`);
			expect(details.message.length).toBeLessThan(250);
			for (const { value } of CAMERA_COMMANDS) expect(details.description).toContain(value);
		},
	);
});

describe('advice on a prompt', () => {
	it.each([
		'',
		'A cat',
		'A cat [Pan left]',
		'A cat [Pan left,Zoom in,Shake]',
		'A cat [Pan left, Zoom in] then [Shake]',
		'an open bracket [Pan left',
		'a closed one ] before',
	])('has nothing to say about %j', (prompt) => {
		expect(promptAdvice(prompt)).toEqual([]);
	});

	it('names a bracket that is none of the 15 commands', () => {
		const advice = promptAdvice('A cat [Pan Left] looks up [whatever,Shake]');
		expect(advice).toEqual([expect.stringContaining('[whatever,Shake]')]);
		expect(advice[0]).toContain('15 camera commands');
	});

	it('speaks of an empty bracket, too', () => {
		expect(promptAdvice('A cat []')).toHaveLength(1);
	});

	it('allows more than 3 commands in one bracket, and says that they rarely look good', () => {
		const four = composePrompt('', ['Pan left', 'Zoom in', 'Shake', 'Tilt up'], []);
		const [advice, ...others] = promptAdvice(four);
		expect(others).toEqual([]);
		expect(advice).toContain(four);
		expect(advice).toContain('4 camera commands');
		expect(advice).toContain("'Camera Sequence'");
	});

	it('looks at each bracket alone', () => {
		const steps = ['Push in', 'Pull out', 'Shake', 'Tilt up', 'Zoom in'].map((command) => ({
			cue: '',
			commands: [command],
		}));
		expect(promptAdvice(composePrompt('A cat', [], steps))).toEqual([]);
	});
});

describe('the length of a prompt', () => {
	it.each([
		['', 0],
		['cat', 3],
		['für', 3],
		['猫が見上げる', 6],
		['🐈', 1],
		['🐈🐈 ', 3],
		['a\nb', 3],
		['\uffffa', 2],
		['\u{10000}a', 2],
		['\ud83d', 1],
		['\ude00\ud83d', 2],
		['e\u0301', 2],
	])('counts %j as %d characters', (text, characters) => {
		expect(countCharacters(text)).toBe(characters);
	});
});
