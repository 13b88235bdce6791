/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { useEvolink } from './evolink-workflow';

const evolink = useEvolink({ binaryDataMode: 'filesystem', generationSeconds: 0 });

/** Puts a file where n8n wants to make its folder for the binary data of all workflows. */
async function takePlaceOfBinaryData(): Promise<void> {
	const { N8N_USER_FOLDER: userFolder = '' } = process.env;
	const storages = (await readdir(userFolder, { recursive: true, withFileTypes: true }))
		.filter((entry) => entry.isDirectory() && entry.name === 'workflows')
		.map((entry) => join(entry.parentPath, entry.name));
	for (const folder of storages) {
		await rm(folder, { recursive: true });
		await writeFile(folder, '');
	}
}

it('says why n8n has no place for a finished video, whom to ask, and how to fetch it', async () => {
	await evolink.run({ parameters: { waitForCompletion: true } });
	await takePlaceOfBinaryData();
	const { sandbox } = evolink;
	const downloads = sandbox.requestsOf('media').length;
	const { error, rows } = await evolink.run({ parameters: { waitForCompletion: true } });

	expect(rows).toEqual([]);
	expect(error?.message).toMatch(/n8n could not store it: .*ENOTDIR/);
	expect(error?.description).toMatch(/whoever runs n8n.*Task ID: task-/s);
	// Another try would meet the same trouble.
	expect(sandbox.requestsOf('media')).toHaveLength(downloads + 1);
});
