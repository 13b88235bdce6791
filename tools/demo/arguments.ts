/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { parseArgs } from 'node:util';
import { CAMERA_COMMANDS } from '../../nodes/Evolink/evolink/camera';
import { VIDEO_MODELS } from '../../nodes/Evolink/evolink/models';

/** What the demo was asked for. What is undefined stays as the example workflow has it. */
export interface DemoArguments {
	/** Path of an image, as typed. */
	image?: string;
	prompt?: string;
	quality?: string;
	durationSeconds?: number;
	cameraCommands?: string[];
	/** Make a film of three images instead. */
	film: boolean;
	/** Use the real service, which costs credits. */
	live: boolean;
	/** Do not ask before credits are spent. */
	yes: boolean;
	help: boolean;
}

/** Something typed wrong: the message says what, and what would be right. */
export class ArgumentsError extends Error {}

const [MODEL] = VIDEO_MODELS;
const QUALITIES = MODEL.qualities.map(({ value }) => value);
const COMMANDS = CAMERA_COMMANDS.map(({ value }) => value);
const DURATIONS_SECONDS = [
	...new Set(MODEL.qualities.flatMap(({ durationsSeconds }) => durationsSeconds)),
];

/** What `--help` prints. */
export const HELP_TEXT = `Turns an image into a video: the workflow examples/image-to-video.json
runs on n8n's own engine, against a local stand-in for Evolink. Nothing is
paid and nothing leaves this computer, unless --live is given.

  npm run demo -- [options]

  --image FILE         a JPEG, PNG or WebP image; default: the lighthouse
  --prompt TEXT        what should happen in the video
  --quality QUALITY    ${QUALITIES.join(' or ')}; default: ${MODEL.defaultQuality}
  --duration SECONDS   ${durationRules()}; default: ${MODEL.defaultDurationSeconds}
  --camera COMMANDS    camera movements, with commas, e.g. "Pan left,Zoom in"
  --film               three images, two clips, one film; alone
  --live               use the real Evolink; costs credits, asks first;
                       needs your API key in the variable EVOLINK_API_KEY
  --yes                with --live: do not ask
  --help               show this text

Camera commands: ${wrapped(COMMANDS)}
`;

/**
 * Reads the demo's command line.
 * @param values Without the program's own name, i.e. `process.argv.slice(2)`.
 * @throws ArgumentsError for an unknown option or a value that the example's model does not offer.
 */
export function parseDemoArguments(values: string[]): DemoArguments {
	const { image, prompt, quality, duration, camera, film, live, yes, help } = parsed(values);
	if (film && values.length > 1) throw new ArgumentsError('--film goes with no other option.');
	if (image === '') throw new ArgumentsError('--image needs the name of an image file.');
	if (yes && !live) throw new ArgumentsError('--yes goes with --live: the demo costs nothing.');
	if (quality !== undefined && !QUALITIES.includes(quality)) {
		throw new ArgumentsError(`--quality can be ${QUALITIES.join(' or ')}, not "${quality}".`);
	}
	return {
		image,
		prompt,
		quality,
		durationSeconds: duration === undefined ? undefined : durationOf(duration, quality),
		cameraCommands: camera === undefined ? undefined : cameraCommandsOf(camera),
		film,
		live,
		yes,
		help,
	};
}

function parsed(values: string[]) {
	try {
		return {
			film: false,
			live: false,
			yes: false,
			help: false,
			...parseArgs({
				args: values,
				allowPositionals: false,
				options: {
					image: { type: 'string' },
					prompt: { type: 'string' },
					quality: { type: 'string' },
					duration: { type: 'string' },
					camera: { type: 'string' },
					film: { type: 'boolean' },
					live: { type: 'boolean' },
					yes: { type: 'boolean', short: 'y' },
					help: { type: 'boolean', short: 'h' },
				},
			}).values,
		};
	} catch (error) {
		// Node's sentence names the option; what follows its first sentence is for programmers.
		const message = error instanceof Error ? error.message.split(/\. |\n/)[0] : String(error);
		throw new ArgumentsError(`${message}.`);
	}
}

function durationOf(duration: string, quality = MODEL.defaultQuality): number {
	const seconds = Number(duration);
	const offered = MODEL.qualities.find(({ value }) => value === quality);
	if (!offered?.durationsSeconds.includes(seconds)) {
		throw new ArgumentsError(`--duration can be ${durationRules()}, not "${duration}".`);
	}
	return seconds;
}

function durationRules(): string {
	return DURATIONS_SECONDS.map((seconds) => {
		const qualities = MODEL.qualities.filter(({ durationsSeconds }) =>
			durationsSeconds.includes(seconds),
		);
		return qualities.length === MODEL.qualities.length
			? `${seconds}`
			: `${seconds} (only with ${qualities.map(({ value }) => value).join(', ')})`;
	}).join(' or ');
}

function cameraCommandsOf(text: string): string[] {
	const typed = text
		.split(',')
		.map((command) => command.trim())
		.filter((command) => command !== '');
	return typed.map((command) => {
		const known = COMMANDS.find((value) => value.toLowerCase() === command.toLowerCase());
		if (known === undefined) {
			throw new ArgumentsError(
				`"${command}" is no camera command. There are: ${COMMANDS.join(', ')}.`,
			);
		}
		return known;
	});
}

function wrapped(words: readonly string[], width = 76): string {
	const lines = ['Camera commands: '];
	for (const [index, word] of words.entries()) {
		const piece = index === words.length - 1 ? word : `${word}, `;
		if (lines[lines.length - 1].length + piece.trimEnd().length > width) lines.push('  ');
		lines[lines.length - 1] += piece;
	}
	return lines
		.map((line) => line.trimEnd())
		.join('\n')
		.slice('Camera commands: '.length);
}
