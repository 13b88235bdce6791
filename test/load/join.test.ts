/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import { boxAt, boxesIn } from '../../nodes/Evolink/mp4/boxes';
import { joinMovies } from '../../nodes/Evolink/mp4/joinMovies';
import { readMovie } from '../../nodes/Evolink/mp4/readMovie';
import { writeHead } from '../../nodes/Evolink/mp4/writeMovie';
import { useEvolink } from '../engine/evolink-workflow';
import { startEngineProcess, type EngineProcess } from './engine-process';

const MIB = 1024 * 1024;
const CLIP_BYTES = 50 * MIB;
const CLIPS = 10;
const FILLER_UNIT_TYPE = 12;
const MOST_ADDED_BYTES = 64 * MIB;
/** Against ffmpeg, which copies the same samples. */
const LARGEST_TIME_RATIO = 2;
/** The quickest of them counts, on either side: what else the machine does only adds. */
const RUNS = 3;

const evolink = useEvolink();
let engine: EngineProcess;
let folder: string;
let clip: Buffer;
let items: INodeExecutionData[];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'evolink-join-'));
	clip = await largeClip();
	const stored = await evolink.engine.storeBinary(clip, 'clip.mp4', 'video/mp4');
	items = Array.from({ length: CLIPS }, () => ({ json: {}, binary: { data: stored } }));
	engine = startEngineProcess();
	await joinIn(items.slice(0, 2));
});
afterAll(async () => {
	await engine?.close();
	await rm(folder, { recursive: true, force: true });
});

/** A clip whose samples are filled up, by H.264's own rules: ffmpeg looks into them. */
async function largeClip(): Promise<Buffer> {
	const bytes = await readFile(join(__dirname, '..', 'film', 'clips', 'plain.mp4'));
	const movie = joinMovies([
		readMovie(boxAt(boxesIn(bytes), 'moov') ?? Buffer.alloc(0), bytes.length),
	]);
	const sizeBytes = Math.floor(CLIP_BYTES / movie.picture.durations.length);
	const samples = movie.chunks.flatMap(({ pieces }) =>
		pieces.map((piece) => {
			const own = bytes.subarray(piece.offset, piece.offset + piece.sizeBytes);
			const filler = Buffer.alloc(sizeBytes - own.length, 0xff);
			filler.writeUInt32BE(filler.length - 4, 0);
			filler.writeUInt8(FILLER_UNIT_TYPE, 4);
			Object.assign(piece, { sizeBytes });
			return [own, filler];
		}),
	);
	return Buffer.concat([writeHead(movie), ...samples.flat()]);
}

async function joinIn(clips: INodeExecutionData[]): Promise<number> {
	const startedMs = performance.now();
	const end = await engine.run('join', {
		workflow: evolink.workflow({ parameters: { resource: 'video', operation: 'join' } }),
		items: clips,
		credentials: {},
	});
	expect(end).toMatchObject({ status: 'success', rowCount: 1 });
	return performance.now() - startedMs;
}

function joinWithFfmpeg(): number {
	const startedMs = performance.now();
	const list = join(folder, 'list.txt');
	execFileSync('ffmpeg', [
		...['-y', '-loglevel', 'quiet', '-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy'],
		join(folder, 'film.mp4'),
	]);
	return performance.now() - startedMs;
}

it('ten clips of 50 MB are joined without passing through the memory', async () => {
	const endOfWatch = await engine.watchMemory();
	await joinIn(items);
	const { startRssBytes, peakRssBytes } = await endOfWatch();
	const addedBytes = peakRssBytes - startRssBytes;
	process.stdout.write(`ten clips of 50 MiB: ${Math.round(addedBytes / MIB)} MiB added\n`);

	expect(addedBytes).toBeLessThanOrEqual(MOST_ADDED_BYTES);
});

it('ten clips of 50 MB take no longer than twice what ffmpeg takes', async () => {
	await writeFile(join(folder, 'clip.mp4'), clip);
	await writeFile(join(folder, 'list.txt'), "file 'clip.mp4'\n".repeat(CLIPS));
	const own: number[] = [];
	const ffmpegs: number[] = [];
	for (let run = 0; run < RUNS; run++) {
		own.push(await joinIn(items));
		ffmpegs.push(joinWithFfmpeg());
	}
	const { size } = await stat(join(folder, 'film.mp4'));
	expect(size).toBeGreaterThan(CLIPS * CLIP_BYTES * 0.99);
	const ratio = Math.min(...own) / Math.min(...ffmpegs);
	process.stdout.write(`ten clips of 50 MiB: ${ratio.toFixed(2)} times what ffmpeg takes\n`);

	expect(ratio).toBeLessThanOrEqual(LARGEST_TIME_RATIO);
});
