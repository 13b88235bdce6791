/** Checks the package that would be published: its content, and that n8n's own loader can load it. */
import { PackageDirectoryLoader } from 'n8n-core';
import { preProcessFile } from 'typescript';

import { print, reportRules, type CheckedRule } from './findings';
import { withPackedProject, type PackedProject } from './packed-project';

/** An installation in n8n downloads this; pictures or a bundled library would show here first. */
const MAX_TARBALL_BYTES = 150_000;

const TOP_LEVEL_FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];

/** What every n8n installation has. Anything else may be missing there, whatever is installed here. */
const ALLOWED_MODULES = ['n8n-workflow', 'crypto', 'node:crypto'];

const NODE_NAME = 'evolink';
const CREDENTIAL_NAME = 'evolinkApi';

function contentRules({ files, tarballBytes }: PackedProject): CheckedRule[] {
	const names = files.map(({ name }) => name);
	return [
		{
			rule: `it holds nothing but dist/nodes, dist/credentials, ${TOP_LEVEL_FILES.join(', ')}`,
			findings: names
				.filter(
					(name) => !/^dist\/(nodes|credentials)\//.test(name) && !TOP_LEVEL_FILES.includes(name),
				)
				.map((name) => `${name} does not belong in it`),
		},
		{
			rule: `it holds ${TOP_LEVEL_FILES.join(', ')}`,
			findings: TOP_LEVEL_FILES.filter((name) => !names.includes(name)).map(
				(name) => `${name} is missing`,
			),
		},
		{
			rule: `it is smaller than ${MAX_TARBALL_BYTES} bytes (it has ${tarballBytes})`,
			findings: tarballBytes < MAX_TARBALL_BYTES ? [] : [`it has ${tarballBytes} bytes`],
		},
	];
}

/** The loader below sees only what is required at once; this also sees what would be later. */
function moduleRule({ files }: PackedProject): CheckedRule {
	const scripts = files.filter(({ name }) => name.endsWith('.js'));
	return {
		rule: `its ${scripts.length} scripts require nothing but ${ALLOWED_MODULES.join(', ')} and each other`,
		findings: scripts.flatMap(({ name, text }) =>
			preProcessFile(text, true, true)
				.importedFiles.map(({ fileName }) => fileName)
				.filter((wanted) => !wanted.startsWith('.') && !ALLOWED_MODULES.includes(wanted))
				.map((wanted) => `${name} requires ${wanted}`),
		),
	};
}

/** The files that n8n serves for a loaded icon, or for its light and dark one, as paths in the package. */
function iconFilesOf(iconUrl: unknown): string[] {
	const addresses: unknown[] =
		typeof iconUrl === 'object' && iconUrl !== null ? Object.values(iconUrl) : [iconUrl];
	return addresses
		.filter((address) => typeof address === 'string')
		.map((address) => address.replace(/^icons\/n8n-nodes-evolink\//, ''));
}

async function loadingRule({ directory, files }: PackedProject): Promise<CheckedRule> {
	const rule = "n8n's loader finds the node, its codex, its credential and both icons of each";
	const loader = new PackageDirectoryLoader(directory);
	try {
		await loader.loadAll();
	} catch (error) {
		return { rule, findings: [`it does not load: ${String(error)}`] };
	}
	const findings: string[] = [];
	const names = files.map(({ name }) => name);
	const [node] = loader.types.nodes;
	const [credential] = loader.types.credentials;
	if (node?.name !== NODE_NAME) findings.push(`the node is named ${node?.name}, not ${NODE_NAME}`);
	if (!node?.codex?.categories?.length) findings.push('the node has no codex');
	if (credential?.name !== CREDENTIAL_NAME) {
		findings.push(`the credential is named ${credential?.name}, not ${CREDENTIAL_NAME}`);
	}
	if (!credential?.supportedNodes?.includes(NODE_NAME)) {
		findings.push('the credential is not the one that the node asks for');
	}
	for (const [owner, iconUrl] of [
		['node', node?.iconUrl],
		['credential', credential?.iconUrl],
	] as const) {
		const icons = iconFilesOf(iconUrl);
		if (icons.length !== 2) findings.push(`the ${owner} has ${icons.length} icons, not two`);
		for (const icon of icons.filter((name) => !names.includes(name))) {
			findings.push(`the ${owner}'s icon ${icon} is missing`);
		}
	}
	return { rule, findings };
}

async function main(): Promise<void> {
	await withPackedProject(async (project) => {
		print(`The package: ${project.files.length} files, ${project.tarballBytes} bytes packed`);
		for (const { name, sizeBytes } of project.files) {
			print(`  ${String(sizeBytes).padStart(7)}  ${name}`);
		}
		reportRules('check-pack', [
			...contentRules(project),
			moduleRule(project),
			await loadingRule(project),
		]);
	});
}

void main();
