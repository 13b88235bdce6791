/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { isJsonObject, parseJson } from '../../nodes/Evolink/evolink/task';

/*
 * Puts the reports of both mutation runs together: one table, by folder and by file. Ends with exit
 * code 1 when less than the threshold was killed in total.
 */

const REPORTS = ['unit-tests', 'engine-tests-retried'].map((name) =>
	join(__dirname, '..', '..', 'reports', 'mutation', `${name}.json`),
);

/** Below this share of killed mutants, in percent, the tests count as too weak. */
const LOWEST_SCORE_PERCENT = 80;

/** How many mutants came to which end, by Stryker's names: Killed, Timeout, Survived, NoCoverage. */
type Ends = Map<string, number>;

/** @throws Error when the file is no report of Stryker's */
function endsByFile(reportFile: string): Array<[string, Ends]> {
	const report = parseJson(readFileSync(reportFile, 'utf8'));
	if (!isJsonObject(report) || !isJsonObject(report.files)) {
		throw new Error(`${reportFile} is no mutation report`);
	}
	return Object.entries(report.files).map(([file, content]): [string, Ends] => {
		const mutants: unknown = isJsonObject(content) ? content.mutants : undefined;
		const ends: Ends = new Map();
		for (const mutant of Array.isArray(mutants) ? mutants : []) {
			const status: unknown = isJsonObject(mutant) ? mutant.status : undefined;
			if (typeof status === 'string') ends.set(status, (ends.get(status) ?? 0) + 1);
		}
		return [file, ends];
	});
}

function sum(all: Ends[]): Ends {
	const total: Ends = new Map();
	for (const [status, count] of all.flatMap((ends) => [...ends])) {
		total.set(status, (total.get(status) ?? 0) + count);
	}
	return total;
}

const of = (ends: Ends, ...statuses: string[]) =>
	statuses.reduce((count, status) => count + (ends.get(status) ?? 0), 0);

const detected = (ends: Ends) => of(ends, 'Killed', 'Timeout');
const undetected = (ends: Ends) => of(ends, 'Survived', 'NoCoverage');

/** Stryker's mutation score: mutants that cannot run at all (they break the import) don't count. */
function scorePercent(ends: Ends): number {
	return (100 * detected(ends)) / (detected(ends) + undetected(ends));
}

function row(name: string, ends: Ends): string {
	const cells = [
		name,
		detected(ends) + undetected(ends),
		of(ends, 'Killed'),
		of(ends, 'Timeout'),
		of(ends, 'Survived'),
		of(ends, 'NoCoverage'),
		`${scorePercent(ends).toFixed(1)} %`,
	];
	return `| ${cells.join(' | ')} |`;
}

const files = REPORTS.flatMap(endsByFile).sort(([a], [b]) => a.localeCompare(b));
const folders = [...new Set(files.map(([file]) => dirname(file)))];
const total = sum(files.map(([, ends]) => ends));

const lines = [
	'| | Mutants | Killed | Timed out | Survived | Not reached | Score |',
	'| --- | --: | --: | --: | --: | --: | --: |',
	...folders.flatMap((folder) => {
		const inFolder = files.filter(([file]) => dirname(file) === folder);
		return [
			row(`**${folder}**`, sum(inFolder.map(([, ends]) => ends))),
			...inFolder.map(([file, ends]) => row(file.slice(folder.length + 1), ends)),
		];
	}),
	row('**all**', total),
];
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = scorePercent(total) >= LOWEST_SCORE_PERCENT ? 0 : 1;
