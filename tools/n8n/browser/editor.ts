import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, Locator, Page, ViewportSize } from 'playwright-core';

import { SANDBOX_OWNER, type N8nOwner } from '../n8n-api';
import { NodeView } from './node-view';
import { NodesPanel } from './nodes-panel';

/** How an editor is opened. */
export interface EditorOptions {
	/** n8n's address, without a slash at the end. */
	n8nUrl: string;
	/** Default: 1440 x 900 pixels. */
	viewport?: ViewportSize;
	/** Pixels of a screenshot for each pixel of the page. Default 1. */
	deviceScaleFactor?: number;
}

/** Whether the user's system is set to light or dark, which n8n follows. */
export type ColorScheme = 'light' | 'dark';

const VIEWPORT: ViewportSize = { width: 1440, height: 900 };
/** On two busy cores the editor's first page takes some seconds. */
const ACTION_TIMEOUT_MS = 20_000;

/**
 * n8n's editor in a browser, as somebody in front of the screen uses it. Elements are found by the
 * `data-test-id` that n8n gives them for its own tests. Checked with n8n 2.41.1.
 *
 * Every method waits for what it needs, and throws playwright's TimeoutError when that does not come.
 */
export class N8nEditor {
	readonly nodesPanel: NodesPanel;

	readonly nodeView: NodeView;

	private constructor(
		private readonly context: BrowserContext,
		readonly page: Page,
		private readonly n8nUrl: string,
	) {
		this.nodesPanel = new NodesPanel(page);
		this.nodeView = new NodeView(page);
	}

	/** Opens n8n in a browser window that knows nobody yet. */
	static async open(browser: Browser, options: EditorOptions): Promise<N8nEditor> {
		const { n8nUrl, viewport = VIEWPORT, deviceScaleFactor = 1 } = options;
		const context = await browser.newContext({ viewport, deviceScaleFactor, locale: 'en-US' });
		context.setDefaultTimeout(ACTION_TIMEOUT_MS);
		return new N8nEditor(context, await context.newPage(), n8nUrl);
	}

	/** Fills in the form that n8n greets with, and waits for the overview. */
	async logIn({ email, password }: N8nOwner = SANDBOX_OWNER): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/signin`);
		await this.page.locator('input[name="emailOrLdapLoginId"]').fill(email);
		await this.page.locator('input[name="password"]').fill(password);
		await this.byTestId('form-submit-button').click();
		await this.page.waitForURL(/\/home\//);
	}

	/** "+" > "New workflow": returns with an empty canvas. */
	async startNewWorkflow(): Promise<void> {
		await this.byTestId('universal-add').click();
		await this.byTestId('navigation-menu-item').filter({ hasText: 'New workflow' }).click();
		await this.byTestId('canvas-add-button').waitFor();
	}

	/** Opens a workflow that is saved, and returns when its nodes are there. */
	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.n8nUrl}/workflow/${id}`);
		await this.byTestId('canvas-node').first().waitFor();
	}

	/** "Add first step", in an empty workflow: opens the nodes panel. */
	async addFirstStep(): Promise<void> {
		await this.byTestId('canvas-add-button').click();
		await this.nodesPanel.searchField.waitFor();
	}

	/** Double-clicks a node on the canvas: opens its view. */
	async openNode(name: string): Promise<void> {
		await this.node(name).dblclick();
		await this.nodeView.root.waitFor();
	}

	/** A node on the canvas. */
	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** "Execute workflow" on the canvas: returns at once. */
	async executeWorkflow(): Promise<void> {
		await this.byTestId('execute-workflow-button').click();
	}

	/** The stop button on the canvas: returns at once. */
	async stopExecution(): Promise<void> {
		await this.byTestId('stop-execution-button').click();
	}

	/** Fits the whole workflow into the canvas. */
	async zoomToFit(): Promise<void> {
		await this.byTestId('zoom-to-fit').click();
	}

	/** Waits for n8n's note in the corner of the screen. */
	async waitForNote(text: string): Promise<void> {
		await this.page.getByRole('alert').filter({ hasText: text }).first().waitFor();
	}

	/** Sets the user's system to light or dark. */
	async useColorScheme(colorScheme: ColorScheme): Promise<void> {
		await this.page.emulateMedia({ colorScheme });
	}

	/** Saves what the screen shows as a PNG file. */
	async takeScreenshot(file: string): Promise<void> {
		await mkdir(path.dirname(file), { recursive: true });
		await this.page.screenshot({ path: file });
	}

	/** Closes the browser window. */
	async close(): Promise<void> {
		await this.context.close();
	}

	/** All elements with one of n8n's test ids. */
	byTestId(testId: string): Locator {
		return this.page.locator(`[data-test-id="${testId}"]`);
	}
}
