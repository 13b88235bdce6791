import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';

import { IMAGES_FOLDER } from './picture-file';

const run = promisify(execFile);

const DRAWING = path.join(__dirname, '../../../examples/images/lighthouse.svg');
const SIZE = { width: 560, height: 315 };
const FRAMES_PER_SECOND = 10;
const SECONDS = 4;
/** The one moving picture: it is the first thing that a reader sees. */
const LARGEST_BYTES = 1_500_000;

/**
 * Draws docs/images/result.gif: the example image as it moves with "Push in". No model made it.
 * @throws Error without ffmpeg, or when the file would be too large
 */
export async function drawResult(browser: Browser): Promise<void> {
	const folder = await mkdtemp(path.join(tmpdir(), 'evolink-result-'));
	try {
		const page = await browser.newPage({ viewport: SIZE });
		const style =
			'body { margin: 0 } svg { width: 100vw; height: 100vh } [filter="url(#grain)"] { display: none }';
		await page.setContent(`<style>${style}</style>${await readFile(DRAWING, 'utf8')}`);
		const frames = FRAMES_PER_SECOND * SECONDS;
		for (let frame = 0; frame < frames; frame++) {
			await page.evaluate(
				(parts) => {
					// The page's own global, which the types of this project do not know.
					const drawing = Reflect.get(globalThis, 'document');
					for (const [selector, attribute, value] of parts) {
						drawing.querySelector(selector).setAttribute(attribute, value);
					}
				},
				partsAt(frame / frames),
			);
			const name = `${String(frame).padStart(3, '0')}.png`;
			await page.screenshot({ path: path.join(folder, name) });
		}
		await page.close();
		const file = path.join(IMAGES_FOLDER, 'result.gif');
		const colors =
			'split[a][b];[a]palettegen=max_colors=128[p];[b][p]paletteuse=dither=bayer:bayer_scale=5:diff_mode=rectangle';
		await run('ffmpeg', [
			...['-y', '-loglevel', 'error', '-framerate', String(FRAMES_PER_SECOND)],
			...['-i', path.join(folder, '%03d.png'), '-filter_complex', colors, file],
		]);
		const { size } = await stat(file);
		if (size > LARGEST_BYTES) throw new Error(`result.gif has ${size} bytes`);
		process.stdout.write(`result.gif: ${Math.round(size / 1000)} kB\n`);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Where the parts of the drawing are. @param progress from 0 to 1 */
function partsAt(progress: number): Array<[selector: string, attribute: string, value: string]> {
	const turn = 2 * Math.PI * progress;
	const zoom = 1 + 0.45 * progress;
	const [width, height] = [1366 / zoom, 768 / zoom];
	const view = [(1366 - width) * 0.86, (768 - height) * 0.3, width, height].join(' ');
	const light = `translate(1000 0) scale(${Math.cos(turn)} 1) translate(-1000 0)`;
	const waves = `translate(${9 * Math.sin(2 * turn)} ${3 * Math.sin(turn)})`;
	const boat = `translate(${560 + 70 * progress} ${470 + 2 * Math.sin(2 * turn)})`;
	const gulls = `translate(${90 * progress} ${-30 * progress})`;
	return [
		['svg', 'viewBox', view],
		['#clouds', 'transform', `translate(${30 * progress} 0)`],
		['#light', 'transform', light],
		['#waves', 'transform', waves],
		['#boat', 'transform', boat],
		['#gulls', 'transform', gulls],
	];
}
