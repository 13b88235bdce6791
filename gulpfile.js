/*
 * The build. `gulp build` (= `npm run build`) leaves in dist/ exactly what n8n loads: the compiled
 * nodes and credentials, their icons and the codex files, and nothing else.
 *
 * Why not `n8n-node build`: it copies every png and svg of the whole tree into dist (pictures of the
 * documentation and the examples, engines fetched by tests). What the package must hold is checked by
 * `npm run check:pack`.
 */
const { spawn } = require('node:child_process');
const { readdir, readFile, rm, rmdir, writeFile } = require('node:fs/promises');
const path = require('node:path');

const { dest, parallel, series, src, watch } = require('gulp');

const DIST = path.join(__dirname, 'dist');
const ICONS = ['nodes/**/*.svg', 'credentials/**/*.svg'];
const CODEX_FILES = ['nodes/**/*.node.json'];
const TYPESCRIPT = ['nodes/**/*.ts', 'credentials/**/*.ts'];

/** What the sources have in place of the version: package.json is the one home of that. */
const VERSION_PLACEHOLDER = '0.0.0-source';

/** What may stay in dist; anything else that a compiler leaves there would be published. */
const LOADED_BY_N8N = /^(nodes|credentials)\/.*(\.js|\.svg|\.node\.json)$/;

/** All files below a folder, as paths relative to it, with forward slashes. */
async function filesBelow(folder) {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
		.map((file) => path.relative(folder, file).split(path.sep).join('/'))
		.sort();
}

/** An error whose stack would only hide the compiler's messages. */
function compilerError(why) {
	return Object.assign(new Error(`TypeScript did not compile (${why})`), { showStack: false });
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
			else reject(compilerError(signal ?? `exit code ${code}`));
		});
	});
}

function compile() {
	return runCompiler(['--pretty', String(Boolean(process.stdout.isTTY))]);
}

async function writeVersion() {
	const { version } = JSON.parse(await readFile(path.join(__dirname, 'package.json'), 'utf8'));
	let places = 0;
	for (const name of (await filesBelow(DIST)).filter((file) => file.endsWith('.js'))) {
		const script = path.join(DIST, name);
		const parts = (await readFile(script, 'utf8')).split(VERSION_PLACEHOLDER);
		if (parts.length > 1) await writeFile(script, parts.join(version));
		places += parts.length - 1;
	}
	if (places !== 1) throw new Error(`The version has ${places} places in the code, not one`);
}

function icons() {
	// encoding: gulp 5 decodes files as UTF-8 unless told not to, which ruins binary pictures.
	return src(ICONS, { base: '.', encoding: false }).pipe(dest('dist'));
}

function codex() {
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

const build = series(clean, compile, writeVersion, parallel(icons, codex), prune);

/** For development: keeps dist up to date; a mistake is shown and the watching goes on. */
function watchSources() {
	watch(TYPESCRIPT, series(compile, writeVersion, prune));
	watch(ICONS, icons);
	watch(CODEX_FILES, codex);
}

exports.clean = clean;
exports.build = build;
exports.watch = series(build, watchSources);
exports.default = build;
