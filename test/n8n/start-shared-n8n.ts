/** Run by jest before the first test file. */
export { startSharedN8n as default } from '../../tools/n8n/shared-n8n';
