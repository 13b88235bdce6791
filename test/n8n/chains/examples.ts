/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import path from 'node:path';

import { readWorkflowFile, type WorkflowFile } from '../../../tools/engine/workflow-file';

/** The folder of the importable workflows. */
export const EXAMPLES_FOLDER = path.resolve(__dirname, '..', '..', '..', 'examples');

/** An example as it lies in the folder, e.g. `form-to-email.json`. */
export function readExample(fileName: string): WorkflowFile {
	return readWorkflowFile(path.join(EXAMPLES_FOLDER, fileName));
}
