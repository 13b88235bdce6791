/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';

import { benchmarkChart } from './benchmark-chart';
import { benchmarkPage } from './benchmark-page';
import { parseResults, type BenchmarkResults } from './benchmark-results';

const RESULTS_FILE = 'benchmarks.json';
const PAGE_FILE = 'benchmarks.md';
const CHART_FILE = path.posix.join('images', 'benchmarks.svg');

/** Writes the results as they are, to be rendered again later. */
export async function saveResults(folder: string, results: BenchmarkResults): Promise<void> {
	await mkdir(folder, { recursive: true });
	const file = path.join(folder, RESULTS_FILE);
	const style = await resolveConfig(__filename);
	const json = await format(JSON.stringify(results), { ...style, filepath: file });
	await writeFile(file, json);
}

/** @throws Error when the folder holds no results */
export async function readResults(folder: string): Promise<BenchmarkResults> {
	return parseResults(await readFile(path.join(folder, RESULTS_FILE), 'utf8'));
}

/** Writes the page and its chart; returns the page's path. */
export async function renderResults(folder: string, results: BenchmarkResults): Promise<string> {
	const chart = path.join(folder, CHART_FILE);
	await mkdir(path.dirname(chart), { recursive: true });
	await writeFile(chart, benchmarkChart(results));
	const page = path.join(folder, PAGE_FILE);
	await writeFile(page, benchmarkPage(results, CHART_FILE));
	return page;
}
