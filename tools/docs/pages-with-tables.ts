/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { join } from 'node:path';

import { readmeTables } from './readme-tables';
import { submissionFaultTables } from './submission-fault-tables';

/** A page of the documentation whose tables are made from the code. */
export interface PageWithTables {
	/** Its path in the repository. */
	name: string;
	file: string;
	/** Its tables by the names of their places. */
	tables(): Record<string, string>;
}

function page(name: string, tables: PageWithTables['tables']): PageWithTables {
	return { name, file: join(__dirname, '../..', name), tables };
}

/** All pages that `npm run docs` keeps up to date. */
export const PAGES_WITH_TABLES: PageWithTables[] = [
	page('README.md', readmeTables),
	page('docs/submission-faults.md', submissionFaultTables),
];
