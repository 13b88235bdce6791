import type { Locator, Page } from 'playwright-core';

/** n8n's nodes panel: what can be added to a workflow. */
export class NodesPanel {
	readonly root: Locator;

	readonly searchField: Locator;

	constructor(page: Page) {
		this.root = page.locator('[data-test-id="node-creator"]');
		this.searchField = this.root.locator('[data-test-id="node-creator-search-bar"]');
	}

	/** Types into the search field and waits until the entry is found. */
	async search(text: string, wanted: string): Promise<void> {
		await this.searchField.fill(text);
		await this.entry(wanted).waitFor();
	}

	/** Names of all entries that are listed. */
	async names(): Promise<string[]> {
		return await this.root.locator('[data-test-id="node-creator-item-name"]').allInnerTexts();
	}

	/** A node, or an action of a node, by its exact name. */
	entry(name: string): Locator {
		const names = this.root.page().locator('[data-test-id="node-creator-item-name"]');
		return this.root
			.locator('[data-test-id="item-iterator-item"]')
			.filter({ has: names.getByText(name, { exact: true }) });
	}

	/** The icon of an entry, as the list shows it (there is a second one for dragging). */
	icon(name: string): Locator {
		return this.entry(name).locator('img').first();
	}

	/** Chooses an entry: shows the actions of a node, or adds an action to the workflow. */
	async choose(name: string): Promise<void> {
		await this.entry(name).click();
	}
}

/** Address of the file that an image shows. @throws Error when it did not load */
export async function shownImage(image: Locator): Promise<string> {
	const { src, width } = await image.evaluate(
		async (element: { decode(): Promise<void>; currentSrc: string; naturalWidth: number }) => {
			await element.decode();
			return { src: element.currentSrc, width: element.naturalWidth };
		},
	);
	if (width === 0) throw new Error(`The image ${src} did not load`);
	return src;
}
