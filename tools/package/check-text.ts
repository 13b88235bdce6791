/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
/** Checks every file of the repository for what must not be committed. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { reportRules } from './findings';
import { createTraceFinder } from './machine-traces';
import { PROJECT_DIRECTORY } from './packed-project';

interface TextFile {
	/** Path from the project's root, with forward slashes. */
	name: string;
	text: string;
}

/** The tracked files and those that a commit could add, without binary ones. */
function readTextFiles(): TextFile[] {
	const list = execFileSync(
		'git',
		['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
		{
			cwd: PROJECT_DIRECTORY,
			encoding: 'utf8',
		},
	);
	return list
		.split('\0')
		.filter((name) => name !== '' && existsSync(path.join(PROJECT_DIRECTORY, name)))
		.map((name) => ({ name, content: readFileSync(path.join(PROJECT_DIRECTORY, name)) }))
		.filter(({ content }) => !content.includes(0))
		.map(({ name, content }) => ({ name, text: content.toString('utf8') }));
}

function findLines(files: TextFile[], pattern: RegExp, finding: string): string[] {
	return files.flatMap(({ name, text }) =>
		text
			.split('\n')
			.flatMap((line, index) => (pattern.test(line) ? [`${name}:${index + 1} ${finding}`] : [])),
	);
}

function main(): void {
	const files = readTextFiles();
	const findTraces = createTraceFinder();
	const nodeSource = files.filter(({ name }) => /^(nodes|credentials)\//.test(name));
	const lockFiles = files.filter(({ name }) =>
		/(^|\/)(package-lock|npm-shrinkwrap)\.json$/.test(name),
	);

	reportRules('check-text', [
		{
			rule: `the ${files.length} text files are there to be checked`,
			findings: files.length > 0 ? [] : ['git lists no file: is this a clone of the repository?'],
		},
		{
			rule: "no file names a path of one machine or a package registry's host",
			findings: files.flatMap(({ name, text }) =>
				findTraces(text).map((trace) => `${name}, ${trace}`),
			),
		},
		{
			// n8n's scan ignores these comments, so they only hide what it will find.
			rule: 'no linter comment switches a rule off in nodes/ and credentials/',
			findings: findLines(nodeSource, /eslint-disable/, 'switches a rule off'),
		},
		{
			// "resolved" pins the registry of whoever made the lock file.
			rule: 'no lock file says where a package was downloaded from',
			findings: lockFiles.flatMap(({ name, text }) => {
				const count = text.split('"resolved":').length - 1;
				return count === 0 ? [] : [`${name} has ${count} "resolved" entries: remove them`];
			}),
		},
	]);
}

main();
