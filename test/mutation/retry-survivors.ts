/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { isJsonObject, parseJson } from '../../nodes/Evolink/evolink/task';

/*
 * Meets the survivors of the engine run with those engine tests that could take no part in it, because
 * their cases run side by side and Stryker cannot tell which of them has reached a mutant: here each
 * mutant is alone in a process of its own. Writes the report with what became of them.
 *
 * Started after the engine run by `npm run test:mutation`. MUTANTS_OF=videoFile takes only those of
 * one file. A run that was interrupted is taken up again.
 */

const PROJECT_FOLDER = join(__dirname, '..', '..');
const REPORTS_FOLDER = join(PROJECT_FOLDER, 'reports', 'mutation');
const ENGINE_REPORT = join(REPORTS_FOLDER, 'engine-tests.json');
const RETRIED_REPORT = join(REPORTS_FOLDER, 'engine-tests-retried.json');

/** Marks in the report what needs not be met again. */
const MET_AGAIN = 'met again, alone, with the tests that run side by side';

/** Two at once, as many as Stryker runs. */
const PROCESSES = 2;
/** Several times what the slowest of these files takes. */
const TIMEOUT_MS = 180_000;

/**
 * The files in test/ that pin what each file does. The first one notices most, so it is met first and
 * alone.
 */
const TESTS_OF: Record<string, [first: string, ...others: string[]]> = {
	account: ['engine/credential', 'engine/secrets', 'engine/error-answers'],
	submitOnce: [
		'engine/error-answers',
		'engine/submission-faults',
		'engine/secrets',
		'engine/cancel',
	],
	createVideo: ['engine/retries', 'engine/money', 'engine/tool-use', 'engine/memory-in-loops'],
	runItems: [
		'engine/one-failure-ends-all',
		'engine/side-by-side',
		'engine/continue-on-fail',
		'engine/cancel',
		'engine/tool-use',
		'engine/money',
	],
	getTask: ['engine/get-task', 'engine/waiting', 'engine/failed-tasks', 'engine/output'],
	imageFile: ['engine/pictures', 'engine/binary-on-disk', 'engine/binary-in-memory'],
	videoFile: [
		'engine/downloads',
		'engine/result-links',
		'engine/no-place-for-file',
		'engine/downloads-in-memory',
		'engine/cancel',
	],
};

/** One mutant of Stryker's report; it has more fields, which are kept. */
interface Mutant {
	status: string;
	statusReason?: string;
	replacement: string;
	location: unknown;
}

interface FileReport {
	source: string;
	mutants: Mutant[];
}

function isMutant(value: unknown): value is Mutant & Record<string, unknown> {
	return (
		isJsonObject(value) &&
		typeof value.status === 'string' &&
		typeof value.replacement === 'string' &&
		isJsonObject(value.location)
	);
}

function isFileReport(value: unknown): value is FileReport & Record<string, unknown> {
	return (
		isJsonObject(value) &&
		typeof value.source === 'string' &&
		Array.isArray(value.mutants) &&
		value.mutants.every(isMutant)
	);
}

/** @throws Error when the file is no report of Stryker's */
function readReport(file: string) {
	const report = parseJson(readFileSync(file, 'utf8'));
	if (!isJsonObject(report) || !isJsonObject(report.files)) {
		throw new Error(`${file} is no mutation report`);
	}
	const files = Object.entries(report.files).map(([name, content]) => {
		if (!isFileReport(content)) throw new Error(`${file} tells nothing of ${name}`);
		return { name, content };
	});
	return { report, files };
}

/** What became of a run of the tests: jest's own verdict, or that it did not come in time. */
type Verdict = 'passed' | 'failed' | 'timedOut';

async function runTests(testFiles: string[], mutant: object | undefined): Promise<Verdict> {
	const scratch = mkdtempSync(join(tmpdir(), 'mutant-'));
	try {
		return await new Promise((resolve, reject) => {
			const child = spawn(
				process.execPath,
				[
					require.resolve('jest/bin/jest'),
					...['--config', join(__dirname, 'retry.jest.config.js')],
					...['--runInBand', '--bail', '--silent', '--coverage=false'],
					...testFiles.map((name) => `/test/${name}\\.test\\.ts$`),
				],
				{
					cwd: PROJECT_FOLDER,
					env: {
						...process.env,
						TMPDIR: scratch,
						MUTANT: mutant === undefined ? undefined : JSON.stringify(mutant),
					},
					stdio: 'ignore',
					detached: true,
				},
			);
			const timer = setTimeout(() => {
				if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
				resolve('timedOut');
			}, TIMEOUT_MS);
			child.once('error', reject);
			child.once('exit', (code) => {
				clearTimeout(timer);
				resolve(code === 0 ? 'passed' : 'failed');
			});
		});
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
}

const STATUS_OF: Record<Verdict, string> = {
	passed: 'Survived',
	failed: 'Killed',
	timedOut: 'Timeout',
};

/** Meets the tests of a file until they notice something. */
async function meet(file: string, mutant: object | undefined): Promise<Verdict> {
	const testFiles = TESTS_OF[basename(file, '.ts')];
	if (testFiles === undefined) throw new Error(`Nothing says which tests pin ${file}`);
	const [first, ...others] = testFiles;
	const verdict = await runTests([first], mutant);
	return verdict === 'passed' ? await runTests(others, mutant) : verdict;
}

function isToBeMet({ status, statusReason }: Mutant): boolean {
	return (status === 'Survived' || status === 'NoCoverage') && statusReason !== MET_AGAIN;
}

/** The report of a run of this program that is younger than the engine run's, or else that one. */
function latestReport(): string {
	const isYounger =
		existsSync(RETRIED_REPORT) &&
		statSync(RETRIED_REPORT).mtimeMs > statSync(ENGINE_REPORT).mtimeMs;
	return isYounger ? RETRIED_REPORT : ENGINE_REPORT;
}

async function main(): Promise<void> {
	const { report, files } = readReport(latestReport());
	const chosen = files.filter(
		({ name, content }) =>
			content.mutants.some(isToBeMet) && name.includes(process.env.MUTANTS_OF ?? ''),
	);
	for (const { name, content } of chosen) {
		if (readFileSync(join(PROJECT_FOLDER, name), 'utf8') !== content.source) {
			throw new Error(`${name} has changed since the report was written: run Stryker again`);
		}
		const verdict = await meet(name, undefined);
		if (verdict !== 'passed') throw new Error(`The tests of ${name} fail without any mutant`);
	}
	const waiting = chosen.flatMap(({ name, content }) =>
		content.mutants.filter(isToBeMet).map((mutant) => ({ file: name, mutant })),
	);
	const count = waiting.length;
	let done = 0;
	const meetAll = async () => {
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
			const { file, mutant } = next;
			const { location, replacement } = mutant;
			const verdict = await meet(file, { file, location, replacement });
			mutant.status = STATUS_OF[verdict];
			mutant.statusReason = MET_AGAIN;
			done++;
			process.stdout.write(`${done} of ${count} ${file}: ${mutant.status}\n`);
			writeFileSync(RETRIED_REPORT, JSON.stringify(report));
		}
	};
	await Promise.all(Array.from({ length: PROCESSES }, meetAll));
	writeFileSync(RETRIED_REPORT, JSON.stringify(report));
}

void main();
