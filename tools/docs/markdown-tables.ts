import markdownTable from 'markdown-table';

/** Cells of a Markdown table may hold neither a bar nor a line break. */
function cell(text: string): string {
	return text.replace(/\|/g, '\\|').replace(/\s+/g, ' ').trim();
}

/** Returns a Markdown table, one line for each row. */
export function table(heads: string[], rows: string[][]): string {
	return markdownTable([heads, ...rows.map((row) => row.map(cell))], { alignDelimiters: false });
}

/**
 * Returns the page with each of the tables in its place, between `<!-- NAME: from the code -->` and
 * `<!-- end of NAME -->`.
 *
 * @param tables by the names of their places
 * @throws Error when a table has no place in the page
 */
export function withTables(page: string, tables: Record<string, string>): string {
	return Object.entries(tables).reduce((text, [name, content]) => {
		const [start, end] = [`<!-- ${name}: from the code -->`, `<!-- end of ${name} -->`];
		const [startsAt, endsAt] = [text.indexOf(start), text.indexOf(end)];
		if (startsAt < 0 || endsAt < startsAt) throw new Error(`The page has no place for ${name}`);
		return `${text.slice(0, startsAt)}${start}\n\n<!-- prettier-ignore -->\n${content}\n\n${text.slice(endsAt)}`;
	}, page);
}
