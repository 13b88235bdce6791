import { inspect } from 'node:util';
import type { Logger } from 'n8n-workflow';

/**
 * Takes the place of n8n's logger and keeps every line of every level, so that a test can look for
 * what must never be logged. Metadata is part of the line, since n8n's log files contain it too.
 */
export class CapturedLog implements Logger {
	readonly lines: string[] = [];

	/** n8n filters by scope when it prints; here nothing is left out. */
	scoped(): Logger {
		return this;
	}

	error(message: string, metadata?: object): void {
		this.add('error', message, metadata);
	}

	warn(message: string, metadata?: object): void {
		this.add('warn', message, metadata);
	}

	info(message: string, metadata?: object): void {
		this.add('info', message, metadata);
	}

	debug(message: string, metadata?: object): void {
		this.add('debug', message, metadata);
	}

	private add(level: string, message: string, metadata?: object): void {
		// Deep enough to reach the headers of a request that hangs on an error's cause.
		const details = metadata ? ` ${inspect(metadata, { depth: 8, breakLength: Infinity })}` : '';
		this.lines.push(`${level}: ${message}${details}`);
	}
}
