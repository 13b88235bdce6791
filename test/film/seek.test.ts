import type { Browser } from 'playwright-core';

import { startChromium } from '../../tools/n8n/browser/chromium';
import { clip, FILMS } from './clips';
import { joinBytes } from './join-bytes';

/** Inside a frame, never on the edge between two. */
const INTO_FRAME_SECONDS = 0.005;
/** Of 255, on average: the same frame differs by nothing, another one by 20 and more. */
const LARGEST_DIFFERENCE = 2;

/**
 * Chromium has no decoder for H.265, and shows a whole film in the colors that any clip says: small clips
 * that say none are shown in others when they are alone.
 */
const PLAYABLE = Object.entries(FILMS).filter(([name]) => !/H\.265|colors/.test(name));

let browser: Browser;
beforeAll(async () => {
	browser = await startChromium();
});
afterAll(async () => await browser?.close());

/** Runs in the page: how much two videos differ at their moments, as the mean of all samples. */
const DIFFERENCE = `async (sides) => {
	const pictures = [];
	for (const { base64, seconds } of sides) {
		const response = await fetch('data:video/mp4;base64,' + base64);
		const video = document.createElement('video');
		video.muted = true;
		video.src = URL.createObjectURL(await response.blob());
		await new Promise((resolve, reject) => {
			video.onseeked = resolve;
			video.onerror = () => reject(new Error(video.error.message));
			video.onloadeddata = () => { video.currentTime = seconds; };
		});
		const canvas = document.createElement('canvas');
		[canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
		const drawing = canvas.getContext('2d');
		let picture;
		do {
			await new Promise(requestAnimationFrame);
			drawing.drawImage(video, 0, 0);
			picture = drawing.getImageData(0, 0, canvas.width, canvas.height).data;
			// A transparent one: on a busy machine, the picture comes a moment after "seeked".
		} while (picture[3] === 0);
		pictures.push(picture);
	}
	const [one, other] = pictures;
	return one.reduce((sum, sample, index) => sum + Math.abs(sample - other[index]), 0) / one.length;
}`;

it.each(PLAYABLE)(
	'Chromium shows the right picture in the middle of each clip: %s',
	async (_name, names) => {
		const page = await browser.newPage();
		const clips = names.map(clip);
		const film = (await joinBytes(clips)).bytes.toString('base64');
		let startSeconds = 0;
		const differences: number[] = [];
		for (const one of clips) {
			const { seconds } = await joinBytes([one]);
			const middleSeconds = seconds / 2 + INTO_FRAME_SECONDS;
			const sides = [
				{ base64: film, seconds: startSeconds + middleSeconds },
				{ base64: one.toString('base64'), seconds: middleSeconds },
			];
			differences.push(Number(await page.evaluate(`(${DIFFERENCE})(${JSON.stringify(sides)})`)));
			startSeconds += seconds;
		}
		await page.close();
		expect(Math.max(...differences)).toBeLessThan(LARGEST_DIFFERENCE);
	},
);
