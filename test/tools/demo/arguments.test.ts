import { ArgumentsError, HELP_TEXT, parseDemoArguments } from '../../../tools/demo/arguments';
import { CAMERA_COMMANDS } from '../../../nodes/Evolink/evolink/camera';

const nothingAsked = { film: false, live: false, yes: false, help: false };

describe('the command line of the demo', () => {
	it('asks for nothing special by default', () => {
		expect(parseDemoArguments([])).toEqual(nothingAsked);
	});

	it('takes picture, prompt, quality, duration and camera commands', () => {
		expect(
			parseDemoArguments([
				'--image',
				'my picture.png',
				'--prompt=Waves roll in',
				'--quality',
				'768p',
				'--duration',
				'10',
				'--camera',
				'Pan left,Zoom in',
			]),
		).toEqual({
			...nothingAsked,
			image: 'my picture.png',
			prompt: 'Waves roll in',
			quality: '768p',
			durationSeconds: 10,
			cameraCommands: ['Pan left', 'Zoom in'],
		});
	});

	it('makes a film, with no other option', () => {
		expect(parseDemoArguments(['--film'])).toEqual({ ...nothingAsked, film: true });
		expect(() => parseDemoArguments(['--film', '--live'])).toThrow(ArgumentsError);
	});

	it('is not strict about spaces, upper and lower case of camera commands', () => {
		const { cameraCommands } = parseDemoArguments(['--camera', ' pan LEFT , push in,']);
		expect(cameraCommands).toEqual(['Pan left', 'Push in']);
	});

	it('can leave out the camera command of the example', () => {
		expect(parseDemoArguments(['--camera', '']).cameraCommands).toEqual([]);
	});

	it('can leave the prompt empty', () => {
		expect(parseDemoArguments(['--prompt', '']).prompt).toBe('');
	});

	it('knows --live, --yes and --help', () => {
		expect(parseDemoArguments(['--live', '--yes'])).toEqual({
			...nothingAsked,
			live: true,
			yes: true,
		});
		expect(parseDemoArguments(['--help'])).toEqual({ ...nothingAsked, help: true });
	});

	it.each([
		[['--colour', 'red'], '--colour'],
		[['picture.jpg'], 'picture.jpg'],
		[['--image'], '--image'],
		[['--image', ''], '--image'],
		[['--quality', '4k'], '768p or 1080p'],
		[['--duration', '7'], '6 or 10'],
		[['--duration', 'long'], '"long"'],
		[['--duration', '10', '--quality', '1080p'], 'only with 768p'],
		[['--camera', 'Pan left,Somersault'], '"Somersault"'],
		[['--live=maybe'], '--live'],
		[['--yes'], '--live'],
	])('refuses %j and says why', (values, reason) => {
		expect(() => parseDemoArguments(values)).toThrow(ArgumentsError);
		expect(() => parseDemoArguments(values)).toThrow(reason);
	});

	it('says in one line what is wrong', () => {
		expect(() => parseDemoArguments(['--colour'])).toThrow(/^[^\n]{1,80}\.$/);
	});

	it('explains every option and every camera command', () => {
		for (const option of ['image', 'prompt', 'quality', 'duration', 'camera', 'live', 'yes']) {
			expect(HELP_TEXT).toContain(`--${option} `);
		}
		for (const { value } of CAMERA_COMMANDS) expect(HELP_TEXT).toContain(value);
		for (const line of HELP_TEXT.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
	});
});
