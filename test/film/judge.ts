import { execFileSync, spawnSync } from 'node:child_process';

/** A frame as ffmpeg decodes it. */
export interface Frame {
	seconds: number;
	md5: string;
}

function ffmpeg(...parameters: string[]): string {
	return execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...parameters], {
		encoding: 'utf8',
		maxBuffer: 1e9,
	});
}

/** Decodes all pictures, none left out and none repeated. */
export function framesOf(file: string): Frame[] {
	const passthrough = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];
	const text = ffmpeg('-i', file, '-map', '0:v', ...passthrough, '-f', 'framemd5', '-');
	const [, up, down] = /#tb 0: (\d+)\/(\d+)/.exec(text) ?? [];
	return text
		.split('\n')
		.filter((line) => line !== '' && !line.startsWith('#'))
		.map((line) => {
			const cells = line.split(',').map((cell) => cell.trim());
			return { seconds: (Number(cells[2]) * Number(up)) / Number(down), md5: cells[5] };
		});
}

/** When each beep begins, in seconds: the first loud sample after a silence. */
export function beepsOf(file: string): number[] {
	const rate = 44_100;
	const toSamples = ['-map', '0:a', '-ac', '1', '-ar', String(rate), '-f', 's16le', '-'];
	const samples = execFileSync('ffmpeg', ['-loglevel', 'error', '-i', file, ...toSamples], {
		maxBuffer: 1e9,
	});
	const beeps: number[] = [];
	let lastLoud = Number.NEGATIVE_INFINITY;
	for (let index = 0; index < samples.length / 2; index++) {
		if (Math.abs(samples.readInt16LE(index * 2)) < 1_000) continue;
		if (index - lastLoud > rate * 0.2) beeps.push(index / rate);
		lastLoud = index;
	}
	return beeps;
}

/** Copies all tracks into a new file, as people do who go on working with it. */
export function copyWithFfmpeg(file: string, target: string): void {
	ffmpeg('-y', '-i', file, '-c', 'copy', target);
}

/** Kinds of the tracks, e.g. `video h264`. */
export function tracksOf(file: string): string[] {
	const text = execFileSync(
		'ffprobe',
		['-v', 'error', '-show_entries', 'stream=codec_type,codec_name', '-of', 'csv=p=0', file],
		{ encoding: 'utf8' },
	);
	return text
		.trim()
		.split('\n')
		.map((line) => line.split(',').reverse().join(' '));
}

/** What ffmpeg says against a file while it decodes all of it. */
export function complaintsAbout(file: string): string {
	const decoding = ['-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-'];
	return spawnSync('ffmpeg', ['-v', 'error', '-i', file, ...decoding], { encoding: 'utf8' }).stderr;
}
