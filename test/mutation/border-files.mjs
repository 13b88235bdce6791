/** The files that speak to n8n: their tests run workflows in n8n's engine. */
export const BORDER_FILES = [
	'nodes/Evolink/Evolink.node.ts',
	'nodes/Evolink/n8n/account.ts',
	'nodes/Evolink/n8n/apiTransport.ts',
	'nodes/Evolink/n8n/pictures.ts',
	'nodes/Evolink/n8n/resultFiles.ts',
	'nodes/Evolink/operations/createVideo.ts',
	'nodes/Evolink/operations/executeItems.ts',
	'nodes/Evolink/operations/getTask.ts',
	'nodes/Evolink/operations/parameters.ts',
];
