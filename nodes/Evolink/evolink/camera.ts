/** One camera command: the value the API reads, and words for somebody who never filmed. */
export interface CameraCommand {
	/** Exactly as the API writes it between square brackets. */
	value: string;
	/** The kind of movement, in plain words; commands of one group stand together. */
	group: string;
	/** What a viewer of the video sees; short, so that it fits into one line of n8n's list. */
	description: string;
}

/**
 * The 15 camera commands of Hailuo, in the order of the drop-down: grouped by what the camera
 * does, the movements that people ask for most first.
 *
 * Source: the API's description of `prompt`.
 */
export const CAMERA_COMMANDS: readonly CameraCommand[] = [
	{
		value: 'Push in',
		group: 'Distance',
		description: 'The camera moves closer, as if you walk up to the subject',
	},
	{
		value: 'Pull out',
		group: 'Distance',
		description: 'The camera moves away, as if you walk backwards',
	},
	{
		value: 'Zoom in',
		group: 'Lens',
		description: 'The camera stays and enlarges, like a pinch on a phone',
	},
	{
		value: 'Zoom out',
		group: 'Lens',
		description: 'The camera stays and shows more of the scene',
	},
	{
		value: 'Pan left',
		group: 'Turn',
		description: 'The camera turns to the left, like turning your head',
	},
	{
		value: 'Pan right',
		group: 'Turn',
		description: 'The camera turns to the right, like turning your head',
	},
	{
		value: 'Tilt up',
		group: 'Nod',
		description: 'The camera looks up, like lifting your chin',
	},
	{
		value: 'Tilt down',
		group: 'Nod',
		description: 'The camera looks down, like lowering your chin',
	},
	{
		value: 'Truck left',
		group: 'Slide',
		description: 'The camera glides to the left, as if on a passing train',
	},
	{
		value: 'Truck right',
		group: 'Slide',
		description: 'The camera glides to the right, as if on a passing train',
	},
	{
		value: 'Pedestal up',
		group: 'Lift',
		description: 'The camera rises straight up, as if in an elevator',
	},
	{
		value: 'Pedestal down',
		group: 'Lift',
		description: 'The camera sinks straight down, as if in an elevator',
	},
	{
		value: 'Tracking shot',
		group: 'Follow',
		description: 'The camera travels along with the subject as it moves',
	},
	{
		value: 'Static shot',
		group: 'Hold',
		description: 'The camera does not move at all; only the subject does',
	},
	{
		value: 'Shake',
		group: 'Effect',
		description: 'The picture trembles, as if filmed by hand in the action',
	},
];

/** More commands than this in one bracket are allowed, but not recommended by the API. */
export const RECOMMENDED_COMMANDS_PER_BRACKET = 3;

/** One step of a camera sequence: the words before the bracket, and the commands in it. */
export interface CameraStep {
	cue: string;
	commands: readonly string[];
}

/** Returns whether the API knows the command, letter by letter. */
export function isCameraCommand(text: string): boolean {
	return CAMERA_COMMANDS.some((command) => command.value === text);
}

function bracket(commands: readonly string[]): string {
	return commands.length === 0 ? '' : `[${commands.join(',')}]`;
}

/**
 * Returns the prompt that is sent: the user's words, the commands that run together as one
 * bracket, then the steps that run one after another, each part after one space. Parts that are
 * empty leave nothing behind; an empty string means that there is nothing to send.
 *
 * @example composePrompt('A cat', ['Pan left', 'Zoom in'], [{ cue: 'slowly', commands: ['Push in'] }])
 * // 'A cat [Pan left,Zoom in] slowly [Push in]'
 */
export function composePrompt(
	words: string,
	commands: readonly string[],
	steps: readonly CameraStep[],
): string {
	const parts = [
		words.trim(),
		bracket(commands),
		...steps.flatMap((step) => [step.cue.trim(), bracket(step.commands)]),
	];
	return parts.filter((part) => part !== '').join(' ');
}

/** Returns the text's length as the API counts it: in Unicode characters, not UTF-16 units. */
export function countCharacters(text: string): number {
	let count = 0;
	// A list of the characters would take 30 times the text's memory; an expression can fill in a file.
	for (let index = 0; index < text.length; count++) {
		index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
	}
	return count;
}

/**
 * Returns advice, one sentence each, on a prompt that may be sent but may not do what the user
 * expects: brackets that hold more commands than recommended, and brackets that hold none of the
 * known commands (the model would read those as words). Empty when there is nothing to say.
 */
export function promptAdvice(prompt: string): string[] {
	const advice: string[] = [];
	for (const [whole, inside] of prompt.matchAll(/\[([^[\]]*)\]/g)) {
		const parts = inside.split(',').map((part) => part.trim());
		const unknown = parts.filter((part) => !isCameraCommand(part));
		if (unknown.length > 0) {
			advice.push(
				`${whole} in the prompt is not one of the ${CAMERA_COMMANDS.length} camera commands, so the model reads it as ordinary words. Pick the movement from 'Camera Commands' to be sure.`,
			);
		} else if (parts.length > RECOMMENDED_COMMANDS_PER_BRACKET) {
			advice.push(
				`${whole} runs ${parts.length} camera commands at the same time; more than ${RECOMMENDED_COMMANDS_PER_BRACKET} rarely look good. Use 'Camera Sequence' to run them one after another.`,
			);
		}
	}
	return advice;
}
