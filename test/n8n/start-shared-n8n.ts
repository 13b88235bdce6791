/** Run by jest before the first test file. */
export { startSharedN8n as default } from './shared-n8n';
