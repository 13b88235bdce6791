/** Run by jest after the last test file. */
export { endSharedN8n as default } from './shared-n8n';
