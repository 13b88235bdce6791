/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import { Presets, SingleBar } from 'cli-progress';

import type { InstallProgress } from './n8n-installation';

/** On a screen the bar moves; in a log, a line now and then shows that something goes on. */
const LOG_INTERVAL_MS = 20_000;
const TERMINAL_INTERVAL_MS = 500;

/**
 * Shows the steps of an installation on standard error, each with the time it took: as a moving bar on
 * a terminal, as plain lines elsewhere.
 */
export function createInstallProgress(): InstallProgress {
	return process.stderr.isTTY ? new ProgressOnTerminal() : new ProgressInLog();
}

function elapsed(sinceMs: number): string {
	const seconds = Math.round((Date.now() - sinceMs) / 1000);
	const rest = `${seconds % 60} s`;
	return seconds < 60 ? rest : `${Math.floor(seconds / 60)} min ${rest}`;
}

class ProgressOnTerminal implements InstallProgress {
	private bar: SingleBar | undefined;

	private step = '';

	private startedAtMs = 0;

	private ticker: NodeJS.Timeout | undefined;

	startStep(name: string): void {
		this.step = name;
		this.startedAtMs = Date.now();
		const format = `${name}  [{bar}]  {elapsed}`;
		const bar = new SingleBar({ format, clearOnComplete: true }, Presets.rect);
		bar.start(1, 0, { elapsed: elapsed(this.startedAtMs) });
		this.ticker = setInterval(
			() => bar.update({ elapsed: elapsed(this.startedAtMs) }),
			TERMINAL_INTERVAL_MS,
		);
		this.bar = bar;
	}

	update(done: number, total: number): void {
		this.bar?.setTotal(total);
		this.bar?.update(done);
	}

	note(text: string): void {
		this.stopBar();
		process.stderr.write(`${text}\n`);
	}

	endStep(): void {
		this.stopBar();
		process.stderr.write(`${this.step}: ${elapsed(this.startedAtMs)}\n`);
	}

	fail(): void {
		this.stopBar();
	}

	private stopBar(): void {
		clearInterval(this.ticker);
		this.bar?.stop();
		this.bar = undefined;
	}
}

class ProgressInLog implements InstallProgress {
	private step = '';

	private startedAtMs = 0;

	private counts = '';

	private ticker: NodeJS.Timeout | undefined;

	startStep(name: string): void {
		this.step = name;
		this.startedAtMs = Date.now();
		this.counts = '';
		process.stderr.write(`${name} ...\n`);
		this.ticker = setInterval(() => {
			process.stderr.write(`  ${elapsed(this.startedAtMs)}${this.counts}\n`);
		}, LOG_INTERVAL_MS);
	}

	update(done: number, total: number): void {
		this.counts = `, ${done} of ${total} packages`;
	}

	note(text: string): void {
		process.stderr.write(`  ${text}\n`);
	}

	endStep(): void {
		clearInterval(this.ticker);
		process.stderr.write(`${this.step}: ${elapsed(this.startedAtMs)}\n`);
	}

	fail(): void {
		clearInterval(this.ticker);
	}
}
