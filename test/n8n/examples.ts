import { readFileSync } from 'node:fs';
import path from 'node:path';

import { readWorkflowFile, type WorkflowFile } from '../../tools/engine/workflow-file';
import type { ChosenFile } from './form';

/** The folder of the importable workflows. */
export const EXAMPLES_FOLDER = path.resolve(__dirname, '..', '..', 'examples');

/** An example of that folder, e.g. `form-to-email.json`. */
export function readExample(fileName: string): WorkflowFile {
	return readWorkflowFile(path.join(EXAMPLES_FOLDER, fileName));
}

/** A file of that folder, to be chosen in a form. */
export function exampleFile(name: string, mimeType: string): ChosenFile {
	const bytes = readFileSync(path.join(EXAMPLES_FOLDER, name));
	return { fileName: path.basename(name), mimeType, bytes };
}
