import type { Locator, Page } from 'playwright-core';

/** n8n's dialog for one credential. */
export class CredentialDialog {
	readonly root: Locator;

	/** "Connection tested successfully". */
	readonly success: Locator;

	/** "Couldn't connect with these settings", with the reason below "More details". */
	readonly failure: Locator;

	constructor(page: Page) {
		this.root = page.locator('[data-test-id="editCredential-modal"]');
		this.success = this.root.locator('[data-test-id="credentials-config-container-test-success"]');
		this.failure = this.root.getByText('Couldn’t connect with these settings');
	}

	/** Types into a field, by its name in the credential type. */
	async fill(field: string, text: string): Promise<void> {
		await this.field(field).fill(text);
	}

	/** A field, by its name in the credential type. */
	field(name: string): Locator {
		return this.root.locator(`[data-test-id="parameter-input-${name}"] input`);
	}

	/** "Save": n8n saves the credential, tests it, and closes the dialog if the test succeeds. */
	async save(): Promise<void> {
		await this.root.locator('[data-test-id="credential-save-button"]').click();
	}

	/** "More details" of a failed test. */
	async showDetails(): Promise<void> {
		await this.root.getByText('More details').click();
	}

	async close(): Promise<void> {
		await this.root.getByRole('button', { name: 'Close this dialog' }).click();
		await this.root.waitFor({ state: 'hidden' });
	}
}
