/** The files that speak to n8n: their tests run workflows in n8n's engine. */
export const BORDER_FILES = [
	'nodes/Evolink/Evolink.node.ts',
	'nodes/Evolink/money/submitOnce.ts',
	'nodes/Evolink/n8n/account.ts',
	'nodes/Evolink/n8n/imageFile.ts',
	'nodes/Evolink/n8n/videoFile.ts',
	'nodes/Evolink/operations/createVideo.ts',
	'nodes/Evolink/operations/finishTask.ts',
	'nodes/Evolink/operations/getTask.ts',
	'nodes/Evolink/operations/runItems.ts',
];
