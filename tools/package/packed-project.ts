import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The root folder of the project. */
export const PROJECT_DIRECTORY = path.resolve(__dirname, '../..');

/** One file of the package. */
export interface PackedFile {
	/** Path inside the package, with forward slashes. */
	name: string;
	sizeBytes: number;
	text: string;
}

/** The package as it would be published, unpacked into a folder of its own. */
export interface PackedProject {
	/** The unpacked package; `n8n-workflow` can be required from it, no other package can. */
	directory: string;
	/** All files, sorted by name. */
	files: PackedFile[];
	/** Size of the compressed tarball, which is what an installation downloads. */
	tarballBytes: number;
}

/**
 * Packs the project as publishing would, unpacks it outside the project, hands it to `inspect`, and
 * removes it afterwards.
 *
 * Outside the project, because inside it every development dependency could be required: a package
 * that works only there would pass.
 *
 * @throws when nothing was built yet, or when npm or tar fail
 */
export async function withPackedProject<Result>(
	inspect: (project: PackedProject) => Promise<Result>,
): Promise<Result> {
	if (!existsSync(path.join(PROJECT_DIRECTORY, 'dist'))) {
		throw new Error('There is no dist folder: run "npm run build" first');
	}
	const folder = mkdtempSync(path.join(tmpdir(), 'packed-project-'));
	try {
		return await inspect(packInto(folder));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function packInto(folder: string): PackedProject {
	// --ignore-scripts: a script that packs something else than what was checked must not pass unseen.
	const flags = ['--ignore-scripts', '--loglevel', 'error', '--pack-destination', folder];
	execFileSync('npm', ['pack', ...flags], {
		cwd: PROJECT_DIRECTORY,
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
	if (tarballs.length !== 1) throw new Error(`npm pack left ${tarballs.length} tarballs, not one`);
	const tarball = path.join(folder, tarballs[0]);

	const directory = path.join(folder, 'package');
	mkdirSync(directory);
	execFileSync('tar', ['-xzf', tarball, '-C', directory, '--strip-components=1']);

	const modules = path.join(folder, 'node_modules');
	mkdirSync(modules);
	symlinkSync(
		path.join(PROJECT_DIRECTORY, 'node_modules', 'n8n-workflow'),
		path.join(modules, 'n8n-workflow'),
		'junction',
	);
	return { directory, files: readFiles(directory), tarballBytes: statSync(tarball).size };
}

function readFiles(directory: string): PackedFile[] {
	return readdirSync(directory, { recursive: true, encoding: 'utf8' })
		.filter((name) => statSync(path.join(directory, name)).isFile())
		.map((name) => {
			const content = readFileSync(path.join(directory, name));
			return {
				name: name.split(path.sep).join('/'),
				sizeBytes: content.length,
				text: content.toString('utf8'),
			};
		})
		.sort((one, other) => one.name.localeCompare(other.name));
}
