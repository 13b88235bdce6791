import { inputFailure, quotedName } from './failure';

/** One camera command: the value the API reads, and words for somebody who never filmed. */
export interface CameraCommand {
	/** Exactly as the API writes it between square brackets. */
	value: string;
	/** The kind of movement and what the camera does; fits into one line of n8n's list. */
	description: string;
}

/**
 * The 15 camera commands of Hailuo, in the order of the drop-down: grouped by what the camera
 * does, the movements that people ask for most first.
 *
 * Source: the API's description of `prompt`.
 */
export const CAMERA_COMMANDS: readonly CameraCommand[] = [
	['Push in', 'Distance: moves closer, as if you walked up to the subject'],
	['Pull out', 'Distance: moves away, as if you walked backwards'],
	['Zoom in', 'Lens: stays in place and enlarges, like a pinch on a phone'],
	['Zoom out', 'Lens: stays in place and shows more of the scene'],
	['Pan left', 'Turn: turns to the left, like turning your head'],
	['Pan right', 'Turn: turns to the right, like turning your head'],
	['Tilt up', 'Nod: looks up, like lifting your chin'],
	['Tilt down', 'Nod: looks down, like lowering your chin'],
	['Truck left', 'Slide: glides to the left, as if on a passing train'],
	['Truck right', 'Slide: glides to the right, as if on a passing train'],
	['Pedestal up', 'Lift: rises straight up, as if in an elevator'],
	['Pedestal down', 'Lift: sinks straight down, as if in an elevator'],
	['Tracking shot', 'Follow: travels along with the subject as it moves'],
	['Static shot', 'Hold: does not move at all; only the subject does'],
	['Shake', 'Effect: the image shakes, as if filmed by hand in the action'],
].map(([value, description]) => ({ value, description }));

/** More commands than this in one bracket are allowed, but not recommended by the API. */
export const RECOMMENDED_COMMANDS_PER_BRACKET = 3;

/** One step of a camera sequence: the words before the bracket, and the commands in it. */
export interface CameraStep {
	cue: string;
	commands: readonly string[];
}

/** Other words of film people for movements of the list, where all would agree on what they mean. */
const SYNONYMS = new Map(
	Object.entries({
		'dolly in': 'Push in',
		'dolly forward': 'Push in',
		'move in': 'Push in',
		'move closer': 'Push in',
		'dolly out': 'Pull out',
		'dolly back': 'Pull out',
		'move out': 'Pull out',
		'pull back': 'Pull out',
		'crane up': 'Pedestal up',
		'boom up': 'Pedestal up',
		'crane down': 'Pedestal down',
		'boom down': 'Pedestal down',
		'track left': 'Truck left',
		'crab left': 'Truck left',
		'slide left': 'Truck left',
		'track right': 'Truck right',
		'crab right': 'Truck right',
		'slide right': 'Truck right',
		handheld: 'Shake',
		'hand held': 'Shake',
		'camera shake': 'Shake',
		'locked off': 'Static shot',
		'lock off': 'Static shot',
		static: 'Static shot',
		follow: 'Tracking shot',
		'follow shot': 'Tracking shot',
		tracking: 'Tracking shot',
	}),
);

function plainWords(text: string): string {
	return text.replace(/[\s_-]+/g, ' ').trim();
}

/** Returns the command as the API writes it, whatever its case; undefined for anything else. */
function commandOf(text: string): string | undefined {
	const words = plainWords(text).toLowerCase();
	return CAMERA_COMMANDS.find(({ value }) => value.toLowerCase() === words)?.value;
}

/**
 * Returns the commands as the API writes them. Taken in any case, in brackets, with several in one
 * text or by another name, since that is what expressions and agents give.
 *
 * @param label the field's name on the screen, for the message
 * @throws EvolinkFailure that names the first command that is unknown, and all that are known
 */
export function readCameraCommands(texts: readonly string[], label: string): string[] {
	const words = texts
		.flatMap((text) => text.replace(/[[\]]/g, ',').split(','))
		.map(plainWords)
		.filter((word) => word !== '');
	return words.map((word) => {
		const command = commandOf(word) ?? SYNONYMS.get(word.toLowerCase());
		if (command !== undefined) return command;
		throw inputFailure(
			`'${label}' has a value that is not a camera command: '${quotedName(word)}'`,
			`The camera commands are: ${CAMERA_COMMANDS.map(({ value }) => value).join(', ')}.`,
		);
	});
}

/** Returns the prompt with the commands that were typed into it as the API writes them. */
function withTypedCommands(words: string): string {
	return words.replace(/\[([^[\]]*)\]/g, (whole, inside: string) => {
		const commands = inside.split(',').map(commandOf);
		return commands.includes(undefined) ? whole : `[${commands.join(',')}]`;
	});
}

function bracket(commands: readonly string[]): string {
	return commands.length === 0 ? '' : `[${commands.join(',')}]`;
}

/** Returns movements as one sentence, for models that know no commands in brackets. */
function sentence(commands: readonly string[], steps: readonly CameraStep[]): string {
	const inWords = (some: readonly string[]) => some.map((one) => one.toLowerCase()).join(' and ');
	const movements = steps.map(({ cue, commands: some }) =>
		[cue.trim().replace(/^then\b[\s,]*|,$/gi, ''), inWords(some)]
			.filter((part) => part !== '')
			.join(' '),
	);
	const all = [inWords(commands), ...movements].filter((movement) => movement !== '');
	return all.length === 0 ? '' : `Camera: ${all.join(', then ')}.`;
}

/**
 * Returns the prompt that is sent: the user's words, the commands that run together as one
 * bracket, then the steps that run one after another, each part after one space; or all movements
 * as one sentence at the end. Parts that are empty leave nothing behind; an empty string means that
 * there is nothing to send.
 *
 * @example composePrompt('A cat', ['Pan left', 'Zoom in'], [{ cue: 'slowly', commands: ['Push in'] }])
 * // 'A cat [Pan left,Zoom in] slowly [Push in]', or
 * // 'A cat. Camera: pan left and zoom in, then slowly push in.'
 */
export function composePrompt(
	words: string,
	commands: readonly string[],
	steps: readonly CameraStep[],
	camera: 'brackets' | 'sentence' = 'brackets',
): string {
	const trimmed = words.trim();
	const asSentence = sentence(commands, steps);
	const needsStop = asSentence !== '' && /[\p{L}\p{N}]$/u.test(trimmed);
	const parts =
		camera === 'sentence'
			? [needsStop ? `${trimmed}.` : trimmed, asSentence]
			: [
					withTypedCommands(trimmed),
					bracket(commands),
					...steps.flatMap((step) => [step.cue.trim(), bracket(step.commands)]),
				];
	const prompt = parts.filter((part) => part !== '').join(' ');
	// Half of a character, as an expression that cuts a text can leave it, is not sent.
	return prompt.replace(/\p{Cs}/gu, '\uFFFD');
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
		const unknown = parts.filter((part) => commandOf(part) === undefined);
		if (unknown.length > 0) {
			advice.push(
				`${quotedName(whole)} in the prompt is not one of the ${CAMERA_COMMANDS.length} camera commands, so the model reads it as ordinary words. Pick the movement from 'Camera Commands' to be sure.`,
			);
		} else if (parts.length > RECOMMENDED_COMMANDS_PER_BRACKET) {
			advice.push(
				`${quotedName(whole)} runs ${parts.length} camera commands at the same time; more than ${RECOMMENDED_COMMANDS_PER_BRACKET} rarely look good. Use 'Camera Sequence' to run them one after another.`,
			);
		}
	}
	return advice;
}
