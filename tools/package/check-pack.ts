/** Checks the package that would be published: its content, and that n8n's own loader can load it. */
import path from 'node:path';

import { PackageDirectoryLoader } from 'n8n-core';
import { preProcessFile } from 'typescript';

import { print, reportRules, type CheckedRule } from './findings';
import { withPackedProject, type PackedFile, type PackedProject } from './packed-project';

/** An installation in n8n downloads this; pictures or a bundled library would show here first. */
const MAX_TARBALL_BYTES = 150_000;

const TOP_LEVEL_FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];

/** What every n8n installation has. Anything else may be missing there, whatever is installed here. */
const ALLOWED_MODULES = ['n8n-workflow', 'crypto', 'node:crypto'];

const NODE_NAME = 'evolink';
const CREDENTIAL_NAME = 'evolinkApi';

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown): string[] {
	return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function readPackageJson(files: PackedFile[]): Record<string, unknown> {
	const file = files.find(({ name }) => name === 'package.json');
	const content: unknown = file === undefined ? undefined : JSON.parse(file.text);
	if (!isRecord(content)) throw new Error('The package has no readable package.json');
	return content;
}

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

function manifestRules({ files }: PackedProject): CheckedRule[] {
	const packageJson = readPackageJson(files);
	const names = files.map(({ name }) => name);
	const n8n = isRecord(packageJson.n8n) ? packageJson.n8n : {};
	const nodes = stringsOf(n8n.nodes);
	const credentials = stringsOf(n8n.credentials);
	return [
		{
			rule: 'it needs no other package at run time',
			findings: [
				'dependencies',
				'optionalDependencies',
				'bundleDependencies',
				'bundledDependencies',
			]
				.filter((key) => Object.keys(packageJson[key] ?? {}).length > 0)
				.map((key) => `package.json has "${key}"`),
		},
		{
			rule: 'it holds every node, credential and codex that n8n will look for',
			findings: [
				...(nodes.length === 0 ? ['package.json lists no node under "n8n"'] : []),
				...(credentials.length === 0 ? ['package.json lists no credential under "n8n"'] : []),
				...[...nodes, ...nodes.map((name) => `${name}on`), ...credentials]
					.filter((name) => !names.includes(name))
					.map((name) => `${name} is missing`),
			],
		},
	];
}

/** What a script requires that is neither allowed nor a file of the package. */
function foreignModulesOf(script: PackedFile, names: string[]): string[] {
	const { importedFiles } = preProcessFile(script.text, true, true);
	const foreign = importedFiles
		.map(({ fileName }) => fileName)
		.filter((wanted) => {
			if (!wanted.startsWith('.')) return !ALLOWED_MODULES.includes(wanted);
			const target = path.posix.join(path.posix.dirname(script.name), wanted);
			return ![target, `${target}.js`, `${target}/index.js`].some((name) => names.includes(name));
		})
		.map((wanted) => `${script.name} requires ${wanted}`);
	// A computed name would hide from the list above.
	const computed = /\b(?:require|import)\s*\(\s*(?!['"])/.test(script.text);
	return computed ? [...foreign, `${script.name} requires a computed name`] : foreign;
}

function codeRules({ files }: PackedProject): CheckedRule[] {
	const names = files.map(({ name }) => name);
	const scripts = files.filter(({ name }) => name.endsWith('.js'));
	return [
		{
			rule: `its ${scripts.length} scripts require nothing but ${ALLOWED_MODULES.join(', ')} and each other`,
			findings: [
				...(scripts.length === 0 ? ['there is no script in it'] : []),
				...scripts.flatMap((script) => foreignModulesOf(script, names)),
			],
		},
	];
}

/** The files that n8n serves for a loaded icon, or for its light and dark one, as paths in the package. */
function iconFilesOf(iconUrl: unknown): string[] {
	const addresses = isRecord(iconUrl) ? [iconUrl.light, iconUrl.dark] : [iconUrl];
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
			...manifestRules(project),
			...codeRules(project),
			await loadingRule(project),
		]);
	});
}

void main();
