import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';

import type { SandboxOptions } from '../../../sandbox';
import { useN8n, type N8nBench } from '../../../tools/n8n/n8n-bench';
import { startChromium } from '../../../tools/n8n/browser/chromium';
import { N8nEditor } from '../../../tools/n8n/browser/editor';

/** A screenshot of each step goes here, for people to look at; those of the last run are replaced. */
export const STEPS_FOLDER = path.join(tmpdir(), 'evolink-editor-steps');

/** n8n with a sandbox and a credential for it, and the editor in a browser. */
export interface EditorBench extends N8nBench {
	/** Logged in to. */
	readonly editor: N8nEditor;
	/** Takes a screenshot of what the screen shows now. */
	step(name: string): Promise<void>;
}

/** Chromium and n8n's first page, which compiles several megabytes of script. */
const START_TIMEOUT_MS = 90_000;

/**
 * Opens n8n's editor before the tests of the file and logs in to it.
 *
 * @param story names the folder with the screenshots of the steps
 * @param options of the sandbox; by default a video takes 0.3 s
 */
export function useEditor(story: string, options: SandboxOptions = {}): EditorBench {
	const bench = useN8n(options);
	let browser: Browser | undefined;
	let editor: N8nEditor | undefined;
	const theEditor = () => {
		if (editor === undefined) throw new Error('The editor can be used only during the tests');
		return editor;
	};

	beforeAll(async () => {
		browser = await startChromium();
		editor = await N8nEditor.open(browser, { n8nUrl: bench.n8n.url });
		await editor.logIn();
	}, START_TIMEOUT_MS);
	afterEach(async () => {
		// A failed test is explained best by what the screen showed in the end.
		const { currentTestName = 'test' } = expect.getState();
		if (editor !== undefined) await takeScreenshot(`end of ${currentTestName}`);
	});
	afterAll(async () => {
		await browser?.close();
	});

	const takeScreenshot = async (name: string) => {
		const fileName = `${name.replace(/[^A-Za-z0-9]+/g, '-')}.png`;
		await theEditor().takeScreenshot(path.join(STEPS_FOLDER, story, fileName));
	};
	return {
		get n8n() {
			return bench.n8n;
		},
		get api() {
			return bench.api;
		},
		get sandbox() {
			return bench.sandbox;
		},
		get credential() {
			return bench.credential;
		},
		get editor() {
			return theEditor();
		},
		step: takeScreenshot,
	};
}
