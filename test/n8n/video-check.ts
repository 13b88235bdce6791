import type { INodeExecutionData } from 'n8n-workflow';

import type { N8nBench } from '../../tools/n8n/n8n-bench';

/** Checks that the row's file is the video of the task, byte for byte. */
export async function expectVideo(
	{ api, sandbox }: Pick<N8nBench, 'api' | 'sandbox'>,
	row: INodeExecutionData | undefined,
	taskId: string,
): Promise<void> {
	expect(row?.json.taskId).toBe(taskId);
	const video = row?.binary?.data;
	if (video === undefined) throw new Error('The row has no file');
	expect(video.mimeType).toBe('video/mp4');
	const bytes = await api.readBinary(video);
	expect(bytes.equals(sandbox.mediaOf(taskId).bytes())).toBe(true);
}
