/** Run by jest after the last test file. */
export { endSharedN8n as default } from '../../tools/n8n/shared-n8n';
