/**
 * Makes the pictures of the README and of the examples' pages again, in the real n8n (needs ffmpeg):
 *
 *   npm run screenshots
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startSandbox } from '../../../sandbox';
import { startChromium } from '../../n8n/browser/chromium';
import { N8nEditor } from '../../n8n/browser/editor';
import { packPackage } from '../../n8n/community-package';
import { N8nApi } from '../../n8n/n8n-api';
import { installN8n } from '../../n8n/n8n-installation';
import { CURRENT_N8N } from '../../n8n/n8n-releases';
import { startN8nServer } from '../../n8n/n8n-server';
import { pictureExamples } from './example-pictures';
import { pictureFirstVideo } from './first-video-pictures';
import { drawResult } from './result-picture';

/** Twice the pixels: sharp on today's screens. */
const DEVICE_SCALE_FACTOR = 2;
const GENERATION_SECONDS = 2;

async function main(): Promise<void> {
	const installation = await installN8n(CURRENT_N8N);
	const packFolder = await mkdtemp(path.join(tmpdir(), 'evolink-screenshots-'));
	const sandbox = await startSandbox({ generationSeconds: GENERATION_SECONDS });
	const tarball = await packPackage(packFolder);
	const server = await startN8nServer({ installation, tarball });
	const browser = await startChromium();
	try {
		const api = new N8nApi(server.url);
		await api.setUpOwner();
		const editor = await N8nEditor.open(browser, {
			n8nUrl: server.url,
			deviceScaleFactor: DEVICE_SCALE_FACTOR,
		});
		await editor.logIn();
		await drawResult(browser);
		await pictureFirstVideo(editor, sandbox);
		await pictureExamples(editor, api);
	} finally {
		await browser.close();
		await server.close();
		await sandbox.close();
		await rm(packFolder, { recursive: true, force: true });
	}
}

void main();
