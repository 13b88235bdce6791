/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isRecord } from '../../test/n8n/n8n-answers';
import type { LoadResult } from '../../test/queue/load-measurement';
import type { FaultResult, QueueResults } from '../../test/queue/queue-results';
import type { WaitPattern } from '../../test/queue/webhook-workflows';

/** Written by `EVOLINK_QUEUE_RESULTS=docs/scaling/measured.json npm run test:queue`. */
const FILE = join(__dirname, 'measured.json');

/** What the tests of queue mode have measured for the documentation. */
export const MEASURED = readResults();

/** The measured load of a pattern. @throws Error when it was not measured */
export function measuredLoad(pattern: WaitPattern): LoadResult {
	const load = MEASURED.loads.find((one) => one.pattern === pattern);
	if (load === undefined) throw new Error(`${FILE} has no load of the pattern ${pattern}`);
	return load;
}

/** What a fault led to with a pattern. @throws Error when it was not measured */
export function measuredFault(fault: string, pattern: WaitPattern): FaultResult {
	const result = MEASURED.faults.find((one) => one.fault === fault && one.pattern === pattern);
	if (result === undefined) throw new Error(`${FILE} has no fault "${fault}" with ${pattern}`);
	return result;
}

function readResults(): QueueResults {
	const content: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
	if (!isQueueResults(content)) throw new Error(`${FILE} holds no results of the queue tests`);
	return content;
}

/** The file is written by this project only: enough to tell it from another one. */
function isQueueResults(content: unknown): content is QueueResults {
	return (
		isRecord(content) &&
		isRecord(content.machine) &&
		[content.loads, content.faults, content.restarts].every(
			(list) => Array.isArray(list) && list.length > 0 && list.every(isRecord),
		)
	);
}
