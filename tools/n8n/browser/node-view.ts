import type { Locator, Page } from 'playwright-core';

import { CredentialDialog } from './credential-dialog';

/** A video as the browser plays it. */
export interface PlayedVideo {
	durationSeconds: number;
	widthPx: number;
	heightPx: number;
}

/** HTMLMediaElement.HAVE_ENOUGH_DATA: the browser could play it to its end. */
const ENOUGH_DATA = 4;

/** The view of one node: input, parameters and settings, output. */
export class NodeView {
	readonly root: Locator;

	/** The right side: data, or what went wrong. */
	readonly output: Locator;

	/** Below the tabs "Parameters" and "Settings". */
	readonly parameters: Locator;

	readonly errorMessage: Locator;

	readonly errorDescription: Locator;

	constructor(private readonly page: Page) {
		this.root = page.locator('[data-test-id="ndv"]');
		this.output = this.byTestId('output-panel');
		this.parameters = this.byTestId('node-parameters');
		this.errorMessage = this.output.locator('[data-test-id="node-error-message"]');
		this.errorDescription = this.output.locator('[data-test-id="node-error-description"]');
	}

	/** "Connect to ...", where n8n has no credential for the node yet. */
	async connect(): Promise<CredentialDialog> {
		await this.byTestId('node-credentials-empty-state').getByRole('button').first().click();
		return await this.openedCredential();
	}

	/** The pencil beside the chosen credential. */
	async editCredential(): Promise<CredentialDialog> {
		await this.byTestId('credential-edit-button').click();
		return await this.openedCredential();
	}

	/** Name of the chosen credential. */
	async chosenCredential(): Promise<string> {
		return await this.byTestId('node-credentials-select').locator('input').inputValue();
	}

	/** Types into a text parameter, replacing what is there. */
	async fill(parameter: string, text: string): Promise<void> {
		await this.parameter(parameter).locator('input, textarea').first().fill(text);
	}

	/** The choices of a parameter's list, in their order. */
	async choices(parameter: string): Promise<string[]> {
		const list = await this.openList(parameter);
		const names = await list.locator('.option-headline').allInnerTexts();
		await this.page.keyboard.press('Escape');
		await list.waitFor({ state: 'hidden' });
		return names;
	}

	/** Chooses from a parameter's list, one after the other. */
	async choose(parameter: string, ...names: string[]): Promise<void> {
		for (const name of names) {
			const list = await this.openList(parameter);
			await list
				.getByRole('option')
				.filter({ has: this.headline(name) })
				.click();
			// A list of single choices closes by itself; Escape would then close the whole view.
			const staysOpen = (await this.chosenTags(parameter)).length > 0;
			if (staysOpen) await this.page.keyboard.press('Escape');
			await list.waitFor({ state: 'hidden' });
		}
	}

	/** What a parameter with a list of single choices is set to. */
	async chosen(parameter: string): Promise<string> {
		return await this.parameter(parameter).locator('input').first().inputValue();
	}

	/** What is chosen in a list of several choices. */
	async chosenTags(parameter: string): Promise<string[]> {
		return await this.parameter(parameter).locator('.el-tag').allInnerTexts();
	}

	/** Opens a parameter's list and leaves it open. */
	async openList(parameter: string): Promise<Locator> {
		const field = this.parameter(parameter).getByRole('combobox').first();
		const listId = await field.getAttribute('aria-controls');
		const list = this.page.locator(`[id="${listId}"]`);
		if (!(await list.isVisible())) await field.click();
		await list.waitFor();
		return list;
	}

	/** A parameter by its name, also one of the settings. */
	parameter(name: string): Locator {
		return this.byTestId(`parameter-input-${name}`);
	}

	/** Whether the editor marks the parameter's value as wrong. */
	async hasIssue(parameter: string): Promise<boolean> {
		return await this.parameter(parameter).getByTitle('has issues').isVisible();
	}

	/** "Execute step": returns at once. */
	async executeStep(): Promise<void> {
		await this.byTestId('node-execute-button').click();
	}

	/** The square beside "Execute step" while it runs: returns at once. */
	async stop(): Promise<void> {
		await this.byTestId('ndv-stop-execution-button').click();
	}

	async waitForSuccess(): Promise<void> {
		await this.output.locator('[data-test-id="node-run-status-success"]').waitFor();
	}

	/**
	 * "View" of the first file in the output: returns when the browser has loaded all of the video and
	 * shows moving images.
	 */
	async playVideo(): Promise<PlayedVideo> {
		await this.output.locator('[data-test-id="ndv-view-binary-data"]').first().click();
		const video = this.output.locator('video');
		await video.waitFor();
		await this.page.waitForFunction((enough) => {
			// The page's own globals, which the types of this project do not know.
			const player = Reflect.get(globalThis, 'document').querySelector('video');
			return player.readyState >= enough && player.currentTime > 0.2;
		}, ENOUGH_DATA);
		return await video.evaluate(
			(player: { duration: number; videoWidth: number; videoHeight: number }) => ({
				durationSeconds: player.duration,
				widthPx: player.videoWidth,
				heightPx: player.videoHeight,
			}),
		);
	}

	async close(): Promise<void> {
		await this.byTestId('ndv-close-button').click();
		await this.root.waitFor({ state: 'hidden' });
	}

	private byTestId(testId: string): Locator {
		return this.root.locator(`[data-test-id="${testId}"]`);
	}

	/** The credential's dialog, once it is open. */
	async openedCredential(): Promise<CredentialDialog> {
		const dialog = new CredentialDialog(this.page);
		await dialog.root.waitFor();
		return dialog;
	}

	private headline(name: string): Locator {
		return this.page.locator('.option-headline').getByText(name, { exact: true });
	}
}
