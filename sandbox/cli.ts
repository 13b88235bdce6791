import { parseArgs } from 'node:util';
import { startSandbox, type RecordedRequest, type Sandbox } from './index';
import { HIDDEN_KEY } from './request-log';

const EXIT_FAILED = 1;
const EXIT_BAD_ARGUMENTS = 2;
const HIGHEST_PORT = 65_535;

const USAGE = `usage: npm run sandbox -- [--port <number>] [--generation-seconds <seconds>]

  --port                where to listen on 127.0.0.1 (default 4010; 0 takes a free one)
  --generation-seconds  how long a video takes (default 20; fractions and 0 are allowed)
  --help                this text
`;

interface CliSettings {
	port: number;
	generationSeconds: number;
}

class BadArguments extends Error {}

function readNumber(name: string, text: string, isAllowed: (value: number) => boolean): number {
	const value = Number(text);
	if (text.trim() === '' || !isAllowed(value)) {
		throw new BadArguments(`--${name} cannot be "${text}"`);
	}
	return value;
}

/** Returns null when help was asked for. @throws BadArguments */
function readSettings(args: string[]): CliSettings | null {
	let values;
	try {
		({ values } = parseArgs({
			args,
			options: {
				port: { type: 'string', default: '4010' },
				'generation-seconds': { type: 'string', default: '20' },
				help: { type: 'boolean', default: false },
			},
		}));
	} catch (error) {
		throw new BadArguments(error instanceof Error ? error.message : 'bad arguments');
	}
	if (values.help) return null;
	return {
		port: readNumber(
			'port',
			values.port,
			(value) => Number.isInteger(value) && value >= 0 && value <= HIGHEST_PORT,
		),
		generationSeconds: readNumber(
			'generation-seconds',
			values['generation-seconds'],
			(value) => Number.isFinite(value) && value >= 0,
		),
	};
}

function logLine(request: RecordedRequest, apiKey: string): string {
	const time = new Date(request.receivedAtMs).toISOString().slice(11, 19);
	const path = request.path.replaceAll(apiKey, HIDDEN_KEY);
	const end =
		request.answeredAtMs === undefined
			? 'no complete answer'
			: `${request.status} in ${request.answeredAtMs - request.receivedAtMs} ms`;
	const fault = request.fault === undefined ? '' : ` (fault: ${request.fault})`;
	return `${time} ${request.method} ${path}: ${end}${fault}`;
}

function welcome({ url, apiKey }: Sandbox, generationSeconds: number): string {
	return `The Evolink sandbox is running. It is a stand-in for Evolink's video API: it costs nothing.

In n8n, create an "Evolink API" credential with
  API Key            ${apiKey}
  API Base URL       ${url}
  File API Base URL  ${url}

A video takes ${generationSeconds} s here. The bill and more: ${url}/
Ctrl-C ends the sandbox.
`;
}

async function run(): Promise<void> {
	const settings = readSettings(process.argv.slice(2));
	if (settings === null) {
		process.stdout.write(USAGE);
		return;
	}
	let apiKey = '';
	const sandbox = await startSandbox({
		...settings,
		onRequestEnd: (request) => process.stdout.write(`${logLine(request, apiKey)}\n`),
	});
	({ apiKey } = sandbox);
	process.stdout.write(`${welcome(sandbox, settings.generationSeconds)}\n`);
	const end = () => {
		void sandbox.close().then(() => process.exit());
	};
	process.once('SIGINT', end);
	process.once('SIGTERM', end);
}

function explain(error: unknown): { text: string; exitCode: number } {
	if (error instanceof BadArguments) {
		return { text: `${error.message}\n\n${USAGE}`, exitCode: EXIT_BAD_ARGUMENTS };
	}
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	if (code === 'EADDRINUSE') {
		const text = 'Another program uses this port. Choose one with --port, e.g. --port 4011.\n';
		return { text, exitCode: EXIT_FAILED };
	}
	if (code === 'EACCES') {
		const text = 'This port needs more rights. Choose one from 1024 on with --port.\n';
		return { text, exitCode: EXIT_FAILED };
	}
	return { text: `${error instanceof Error ? error.message : 'failed'}\n`, exitCode: EXIT_FAILED };
}

run().catch((error: unknown) => {
	const { text, exitCode } = explain(error);
	process.stderr.write(text);
	process.exitCode = exitCode;
});
