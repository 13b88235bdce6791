import { isRecord, readText } from '../../../tools/n8n/n8n-answers';
import type { N8nApi } from '../../../tools/n8n/n8n-api';

/** The data table of the examples "Submit now" and "Collect later". */
const TABLE_NAME = 'Evolink tasks';

/** A row of that table. */
export interface OpenTask {
	taskId: string;
	fileName: string;
	wish: string;
}

/** The rows of the table, oldest first; none when there is no such table. */
export async function openTasks(api: N8nApi): Promise<OpenTask[]> {
	const route = await tableRoute(api);
	if (route === undefined) return [];
	const query = { sortBy: 'id:asc', take: '100' };
	const answer = await api.session.send('GET', `${route}/rows`, { query });
	return listOf(answer).map((row) => ({
		taskId: readText(row, 'taskId'),
		fileName: readText(row, 'fileName'),
		wish: readText(row, 'wish'),
	}));
}

/** Removes all rows of the table; harmless when there is no such table. */
export async function emptyTaskTable(api: N8nApi): Promise<void> {
	const route = await tableRoute(api);
	if (route === undefined) return;
	const filters = [{ columnName: 'id', condition: 'gte', value: 0 }];
	const filter = JSON.stringify({ type: 'and', filters });
	await api.session.send('DELETE', `${route}/rows`, { query: { filter } });
}

async function tableRoute(api: N8nApi): Promise<string | undefined> {
	const project = readText(await api.session.send('GET', '/projects/personal'), 'id');
	const tables = listOf(await api.session.send('GET', `/projects/${project}/data-tables`));
	const table = tables.find((candidate) => readText(candidate, 'name') === TABLE_NAME);
	if (table === undefined) return undefined;
	return `/projects/${project}/data-tables/${readText(table, 'id')}`;
}

function listOf(answer: unknown): unknown[] {
	if (!isRecord(answer) || !Array.isArray(answer.data)) throw new Error('The answer is no list');
	return answer.data;
}
