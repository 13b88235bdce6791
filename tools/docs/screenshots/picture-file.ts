import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';

export const IMAGES_FOLDER = path.join(__dirname, '../../../docs/images');

/** A README that is read on a phone should not load for long. */
const LARGEST_BYTES = 200_000;

/** A part of the page, in pixels of the page. */
export interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Where an element is, once it does not move any more. @throws Error when it is not on the page */
export async function areaOf(element: Locator): Promise<Area> {
	const handle = await element.elementHandle();
	await handle?.waitForElementState('stable');
	const area = await element.boundingBox();
	if (area === null) throw new Error('An element for a picture is not on the page');
	return area;
}

/** The smallest area that holds all of these, and a margin around it. */
export function around(areas: readonly Area[], marginPx = 0): Area {
	const x = Math.min(...areas.map((area) => area.x)) - marginPx;
	const y = Math.min(...areas.map((area) => area.y)) - marginPx;
	const right = Math.max(...areas.map((area) => area.x + area.width)) + marginPx;
	const bottom = Math.max(...areas.map((area) => area.y + area.height)) + marginPx;
	return { x, y, width: right - x, height: bottom - y };
}

/**
 * Saves a part of the page as docs/images/<name>.png, and says how wide the picture is to be shown.
 * @throws Error when the file would be too large
 */
export async function savePicture(page: Page, name: string, clip: Area): Promise<void> {
	const png = await page.screenshot({ clip, animations: 'disabled', caret: 'hide' });
	if (png.length > LARGEST_BYTES) {
		throw new Error(`${name}.png has ${png.length} bytes, more than ${LARGEST_BYTES}`);
	}
	await writeFile(path.join(IMAGES_FOLDER, `${name}.png`), png);
	const size = `${Math.round(clip.width)} x ${Math.round(clip.height)}`;
	process.stdout.write(`${name}.png: ${size} points, ${Math.round(png.length / 1000)} kB\n`);
}
