/*
 * The build. `gulp build` (= `npm run build`) leaves in dist/ exactly what n8n loads: the compiled
 * nodes and credentials, their icons and the codex files, and nothing else.
 *
 * Why not `n8n-node build`: it copies every png and svg of the whole tree into dist (pictures of the
 * documentation and the examples, engines fetched by tests), and it cannot tell that an icon or a
 * class that n8n will look for is missing. An installed package would show that only as a node
 * without a picture, or as no node at all.
 */
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { readdir, readFile, rm, rmdir } = require('node:fs/promises');
const path = require('node:path');

const { dest, parallel, series, src, watch } = require('gulp');

const packageJson = require('./package.json');

const DIST = path.join(__dirname, 'dist');
const ICONS = ['nodes/**/*.svg', 'credentials/**/*.svg'];
const CODEX_FILES = ['nodes/**/*.node.json'];
const TYPESCRIPT = ['nodes/**/*.ts', 'credentials/**/*.ts'];

/** What may stay in dist; anything else that a compiler leaves there would be published. */
const LOADED_BY_N8N = /^(nodes|credentials)\/.*(\.js|\.svg|\.node\.json)$/;

/** What n8n's loader reads of a codex file, and what its documentation asks for. */
const CODEX_KEYS = [
	'node',
	'nodeVersion',
	'codexVersion',
	'categories',
	'alias',
	'resources.primaryDocumentation',
	'resources.credentialDocumentation',
];

/** An error whose stack would only hide its message: the reader has a file to mend, not this one. */
function buildError(lines) {
	const error = new Error(lines.join('\n  '));
	error.showStack = false;
	return error;
}

/** All files below a folder, as paths relative to it, with forward slashes. */
async function filesBelow(folder) {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
		.map((file) => path.relative(folder, file).split(path.sep).join('/'))
		.sort();
}

async function clean() {
	await rm(DIST, { recursive: true, force: true });
}

function runCompiler(extraArguments) {
	const compiler = require.resolve('typescript/bin/tsc');
	return new Promise((resolve, reject) => {
		const child = spawn(
			process.execPath,
			[compiler, '-p', 'tsconfig.json', ...extraArguments],
			// The compiler's own messages name file and line: they go to the reader as they are.
			{ cwd: __dirname, stdio: 'inherit' },
		);
		child.once('error', reject);
		child.once('exit', (code, signal) => {
			if (code === 0) resolve();
			else reject(buildError([`TypeScript did not compile (${signal ?? `exit code ${code}`})`]));
		});
	});
}

function compile() {
	return runCompiler(['--pretty', String(Boolean(process.stdout.isTTY))]);
}

function icons() {
	// encoding: gulp 5 decodes files as UTF-8 unless told not to, which ruins binary pictures.
	return src(ICONS, { base: '.', encoding: false }).pipe(dest('dist'));
}

async function checkCodex() {
	const nodeFiles = await filesBelow(path.join(__dirname, 'nodes'));
	const problems = [];
	for (const name of nodeFiles.filter((file) => file.endsWith('.node.json'))) {
		const file = `nodes/${name}`;
		let codex;
		try {
			codex = JSON.parse(await readFile(path.join(__dirname, file), 'utf8'));
		} catch (error) {
			problems.push(`${file} is not valid JSON: ${error.message}`);
			continue;
		}
		for (const key of CODEX_KEYS) {
			const value = key.split('.').reduce((object, part) => object?.[part], codex);
			if (value === undefined || value.length === 0) problems.push(`${file} lacks "${key}"`);
		}
		if (codex.node !== packageJson.name) {
			problems.push(`${file} names the package "${codex.node}", not "${packageJson.name}"`);
		}
	}
	if (problems.length > 0) throw buildError(['The codex is not in order:', ...problems]);
}

function copyCodex() {
	return src(CODEX_FILES, { base: '.', encoding: false }).pipe(dest('dist'));
}

/** Removes what n8n does not load, and the folders that are empty then. */
async function prune() {
	for (const file of await filesBelow(DIST)) {
		if (!LOADED_BY_N8N.test(file)) await rm(path.join(DIST, file));
	}
	await removeEmptyFolders(DIST);
}

async function removeEmptyFolders(folder) {
	const entries = await readdir(folder, { withFileTypes: true });
	for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
		await removeEmptyFolders(path.join(folder, entry.name));
	}
	if ((await readdir(folder)).length === 0) await rmdir(folder);
}

/** Fails if something is missing that n8n will look for in the installed package. */
async function verify() {
	const { nodes = [], credentials = [] } = packageJson.n8n;
	const problems = [];

	for (const file of [...nodes, ...credentials]) {
		if (!existsSync(path.join(__dirname, file))) {
			problems.push(`${file} is listed under "n8n" in package.json but was not built`);
		}
	}
	for (const file of nodes) {
		// n8n finds the codex by adding "on" to the name of the node's script.
		if (!existsSync(path.join(__dirname, `${file}on`))) problems.push(`${file}on is missing`);
	}
	const built = existsSync(DIST) ? await filesBelow(DIST) : [];
	for (const file of built.filter((name) => name.endsWith('.js'))) {
		const code = await readFile(path.join(DIST, file), 'utf8');
		for (const [, icon] of code.matchAll(/['"`]file:([^'"`]+)['"`]/g)) {
			// Compared with the listing, not with the disk: some disks ignore upper and lower case, n8n's may not.
			const wanted = path.posix.join(path.posix.dirname(file), icon);
			if (!built.includes(wanted))
				problems.push(`dist/${file} names the icon dist/${wanted}: missing`);
		}
	}
	if (problems.length > 0) throw buildError(['dist is not complete:', ...problems]);
}

const codex = series(checkCodex, copyCodex);
const build = series(clean, compile, parallel(icons, codex), prune, verify);

/** For development: keeps dist up to date; a mistake is shown and the watching goes on. */
function watchSources() {
	watch(TYPESCRIPT, series(compile, prune));
	watch(ICONS, icons);
	watch(CODEX_FILES, codex);
}

exports.clean = clean;
exports.build = build;
exports.watch = series(build, watchSources);
exports.default = build;
