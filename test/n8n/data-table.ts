import type { N8nApi } from '../../tools/n8n/n8n-api';
import { isRecord, readText } from '../../tools/n8n/n8n-answers';

/** Task IDs in the data table of the examples "Submit now" and "Collect later", oldest first. */
export async function openTasks({ session }: N8nApi): Promise<string[]> {
	const project = readText(await session.send('GET', '/projects/personal'), 'id');
	const tables = listOf(await session.send('GET', `/projects/${project}/data-tables`));
	const table = tables.find((candidate) => readText(candidate, 'name') === 'Evolink tasks');
	const route = `/projects/${project}/data-tables/${readText(table, 'id')}/rows`;
	const query = { sortBy: 'id:asc', take: '100' };
	const rows = listOf(await session.send('GET', route, { query }));
	return rows.map((row) => readText(row, 'taskId'));
}

function listOf(answer: unknown): unknown[] {
	if (!isRecord(answer) || !Array.isArray(answer.data)) throw new Error('The answer is no list');
	return answer.data;
}
