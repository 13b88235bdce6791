import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import { useEvolink } from '../engine/evolink-workflow';
import { startEngineProcess, type EngineProcess } from './engine-process';

const MIB = 1024 * 1024;
const CLIP_BYTES = 50 * MIB;
const CLIP_SECONDS = 10;
const CLIPS = 10;
const MOST_ADDED_BYTES = 64 * MIB;
/** Against ffmpeg, which copies the same samples; on a machine of its own, it is nearer to 1. */
const LARGEST_TIME_RATIO = 3;
/** The quickest of them counts, on either side: what else the machine does only adds. */
const RUNS = 3;

const evolink = useEvolink();
let engine: EngineProcess;
let folder: string;
let items: INodeExecutionData[];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'evolink-join-'));
	drawLargeClip();
	const clip = await readFile(join(folder, 'clip.mp4'));
	expect(clip.length).toBeGreaterThan(0.95 * CLIP_BYTES);
	const stored = await evolink.engine.storeBinary(clip, 'clip.mp4', 'video/mp4');
	items = Array.from({ length: CLIPS }, () => ({ json: {}, binary: { data: stored } }));
	engine = startEngineProcess();
	await joinIn(items.slice(0, 2));
});
afterAll(async () => {
	await engine?.close();
	await rm(folder, { recursive: true, force: true });
});

/**
 * Small frames at a constant bit rate: H.264 fills them up. The index comes first, as in videos of the
 * web: n8n's streams cannot jump to one that comes last.
 */
function drawLargeClip(): void {
	const rate = String((CLIP_BYTES * 8) / CLIP_SECONDS);
	execFileSync('ffmpeg', [
		...['-y', '-loglevel', 'quiet', '-f', 'lavfi'],
		...['-i', `testsrc2=size=96x64:rate=24:duration=${CLIP_SECONDS}`, '-pix_fmt', 'yuv420p'],
		...['-c:v', 'libx264', '-preset', 'ultrafast', '-x264-params', 'nal-hrd=cbr'],
		...['-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', '4M'],
		...['-movflags', '+faststart'],
		join(folder, 'clip.mp4'),
	]);
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

it('ten clips of 50 MB take no longer than three times what ffmpeg takes', async () => {
	await writeFile(join(folder, 'list.txt'), "file 'clip.mp4'\n".repeat(CLIPS));
	const own: number[] = [];
	const ffmpegs: number[] = [];
	for (let run = 0; run < RUNS; run++) {
		own.push(await joinIn(items));
		ffmpegs.push(joinWithFfmpeg());
	}
	const { size } = await stat(join(folder, 'film.mp4'));
	expect(size).toBeGreaterThan(CLIPS * CLIP_BYTES * 0.95);
	const ratio = Math.min(...own) / Math.min(...ffmpegs);
	process.stdout.write(`ten clips of 50 MiB: ${ratio.toFixed(2)} times what ffmpeg takes\n`);

	expect(ratio).toBeLessThanOrEqual(LARGEST_TIME_RATIO);
});
