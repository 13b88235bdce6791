import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where Linux distributions and macOS put Chromium, or Chrome, which does as well. */
const KNOWN_PLACES = [
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser must talk to n8n and to nobody else. */
const FLAGS = [
	// Chromium's own sandbox does not work for root, which is who runs tests in a container.
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// n8n's page asks for news and templates; nothing here may depend on a network. (playwright's own
	// way, a route, would switch the browser's cache off.)
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
	// The same letters on every machine, for the screenshots.
	'--font-render-hinting=none',
	'--force-color-profile=srgb',
];

/**
 * Starts the Chromium that is installed on this machine, without a window and with a profile of its own
 * that goes when it is closed. `CHROMIUM_PATH` names one elsewhere.
 * @throws Error when there is none
 */
export async function startChromium(): Promise<Browser> {
	const places = [process.env.CHROMIUM_PATH ?? '', ...KNOWN_PLACES];
	const executablePath = places.find((place) => place !== '' && existsSync(place));
	if (executablePath === undefined) {
		throw new Error(
			'There is no Chromium here. Install it (Debian: apt-get install chromium), or set CHROMIUM_PATH to where it lies.',
		);
	}
	return await chromium.launch({ executablePath, args: FLAGS, headless: true });
}
