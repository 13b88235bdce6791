/**
 * n8n's verification scan, run before publishing instead of after it.
 *
 * n8n runs it on a published version only: once on the source that the provenance statement names
 * and once on the tarball. Both are here before the release, and a finding costs no version number.
 * Unlike `npm run lint`, the scan does not obey eslint-disable comments.
 */
import {
	analyzePackage,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';

import { print, reportRules } from './findings';
import { PROJECT_DIRECTORY, withPackedProject } from './packed-project';

/** What n8n looks at in a tarball: what runs, and what installs it. */
const TARBALL_FILE_PATTERNS = ['**/*.js', 'package.json'];

async function findingsIn(directory: string, filePatterns: string[]): Promise<string[]> {
	const { passed, message, details } = await analyzePackage(directory, filePatterns);
	if (passed && message === undefined) return [];
	// "No files found to analyze" counts as passed there; a scan that saw nothing must not pass here.
	return [(details ?? message ?? 'not passed, no reason given').trim()];
}

async function main(): Promise<void> {
	print("n8n's scan of community packages");
	const source = await findingsIn(PROJECT_DIRECTORY, SOURCE_FILE_PATTERNS);
	const tarball = await withPackedProject(
		async ({ directory }) => await findingsIn(directory, TARBALL_FILE_PATTERNS),
	);
	reportRules('scan', [
		{ rule: `the source passes (${SOURCE_FILE_PATTERNS.join(', ')})`, findings: source },
		{ rule: `the packed tarball passes (${TARBALL_FILE_PATTERNS.join(', ')})`, findings: tarball },
	]);
}

void main();
