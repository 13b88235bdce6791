/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { parseArgs } from 'node:util';

/** What `npm run editor` was asked for. */
export interface EditorSettings {
	/** Where n8n listens on 127.0.0.1. */
	port: number;
	/** How long the sandbox takes for a video. */
	generationSeconds: number;
	/** n8n's home, kept for the next time; undefined: a new one that is removed at the end. */
	keptFolder: string | undefined;
}

/** The arguments make no sense; the message says which. */
export class BadArguments extends Error {}

const HIGHEST_PORT = 65_535;

export const USAGE = `usage: npm run editor [-- --port <number>] [--generation-seconds <seconds>] [--keep <folder>]

Opens an n8n of your own on this computer, with this node and the examples in it. The node works with
a local sandbox instead of Evolink: nothing costs anything.

  --port                where n8n listens on 127.0.0.1 (default 5678; 0 takes a free one)
  --generation-seconds  how long a video takes (default 20; fractions and 0 are allowed)
  --keep                keep workflows and executions in this folder, and go on with it next time
  --help                this text
`;

/** Returns null when help was asked for. @throws BadArguments */
export function readEditorSettings(args: string[]): EditorSettings | null {
	let values;
	try {
		({ values } = parseArgs({
			args,
			options: {
				port: { type: 'string', default: '5678' },
				'generation-seconds': { type: 'string', default: '20' },
				keep: { type: 'string' },
				help: { type: 'boolean', default: false },
			},
		}));
	} catch (error) {
		throw new BadArguments(error instanceof Error ? error.message : 'bad arguments');
	}
	if (values.help) return null;
	if (values.keep === '') throw new BadArguments('--keep needs the name of a folder');
	return {
		port: readNumber('port', values.port, isPort),
		generationSeconds: readNumber(
			'generation-seconds',
			values['generation-seconds'],
			(seconds) => Number.isFinite(seconds) && seconds >= 0,
		),
		keptFolder: values.keep,
	};
}

function isPort(value: number): boolean {
	return Number.isInteger(value) && value >= 0 && value <= HIGHEST_PORT;
}

function readNumber(name: string, text: string, isAllowed: (value: number) => boolean): number {
	const value = Number(text);
	if (text.trim() === '' || !isAllowed(value)) {
		throw new BadArguments(`--${name} cannot be "${text}"`);
	}
	return value;
}
