import type { N8nApi } from '../../tools/n8n/n8n-api';
import { isRecord, readText } from '../../tools/n8n/n8n-answers';

/** Task IDs in the data table of the examples "Submit now" and "Collect later", oldest first. */
export async function openTasks(api: N8nApi): Promise<string[]> {
	return (await tableRows(api, 'Evolink tasks')).map((row) => readText(row, 'taskId'));
}

/** The rows of a data table, oldest first. */
export async function tableRows(api: N8nApi, tableName: string): Promise<unknown[]> {
	const query = { sortBy: 'id:asc', take: '100' };
	const route = `${await routeOf(api, tableName)}/rows`;
	return listOf(await api.session.send('GET', route, { query }));
}

/** Adds rows to a data table, as somebody does who fills it in. */
export async function addRows(
	api: N8nApi,
	tableName: string,
	rows: ReadonlyArray<Readonly<Record<string, string>>>,
): Promise<void> {
	const body = { data: rows, returnType: 'count' };
	await api.session.send('POST', `${await routeOf(api, tableName)}/insert`, { body });
}

async function routeOf({ session }: N8nApi, tableName: string): Promise<string> {
	const project = readText(await session.send('GET', '/projects/personal'), 'id');
	const route = `/projects/${project}/data-tables`;
	const tables = listOf(await session.send('GET', route));
	const table = tables.find((candidate) => readText(candidate, 'name') === tableName);
	return `${route}/${readText(table, 'id')}`;
}

function listOf(answer: unknown): unknown[] {
	if (!isRecord(answer) || !Array.isArray(answer.data)) throw new Error('The answer is no list');
	return answer.data;
}
