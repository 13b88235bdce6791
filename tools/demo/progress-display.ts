/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import type { WriteStream } from 'node:tty';
import { Presets, SingleBar } from 'cli-progress';
import type { ExampleProgress } from './run-example';

/** Shows how far the video is, until `stop`. */
export interface ProgressDisplay {
	update(progress: ExampleProgress): void;
	stop(): void;
}

/** A bar on a terminal, a few plain lines elsewhere (a log file, a CI job). */
export function progressDisplay(stream: WriteStream): ProgressDisplay {
	return stream.isTTY ? barDisplay(stream) : lineDisplay(stream);
}

function barDisplay(stream: WriteStream): ProgressDisplay {
	const bar = new SingleBar(
		{
			stream,
			format: '  Making the video  {bar}  {percentage}%  {seconds} s',
			hideCursor: true,
			barsize: 30,
			// The run itself calls update often enough; without its own timer nothing outlives it.
			synchronousUpdate: true,
		},
		Presets.shades_classic,
	);
	bar.start(100, 0, { seconds: 0 });
	return {
		update: ({ percent, elapsedSeconds }) =>
			bar.update(Math.floor(percent), { seconds: Math.round(elapsedSeconds) }),
		stop: () => bar.stop(),
	};
}

const LINE_STEP_PERCENT = 25;

function lineDisplay(stream: WriteStream): ProgressDisplay {
	let shownStep = -1;
	return {
		update({ percent, elapsedSeconds }) {
			const step = Math.floor(percent / LINE_STEP_PERCENT);
			if (step <= shownStep) return;
			shownStep = step;
			const shown = step * LINE_STEP_PERCENT;
			stream.write(`  Making the video: ${shown}% after ${Math.round(elapsedSeconds)} s\n`);
		},
		stop() {},
	};
}
