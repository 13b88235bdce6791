/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** How ffmpeg draws a clip; every frame of every clip differs from all others. */
export interface ClipRecipe {
	name: string;
	hue: number;
	seconds: number;
	framesPerSecond: number | string;
	/** Beeps once a second at this pitch; undefined: no sound. */
	soundHz?: number;
	channels?: 1 | 2;
	sizePx?: string;
	/** More of ffmpeg's arguments. */
	more?: string[];
}

const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '40'];
const H265 = ['-c:v', 'libx265', '-tag:v', 'hvc1', '-x265-params', 'log-level=error', '-crf', '40'];

/** Clips that differ in all that may differ. */
export const RECIPES: readonly ClipRecipe[] = [
	{
		name: 'plain',
		hue: 0,
		seconds: 1,
		framesPerSecond: 24,
		more: [...H264, '-movflags', '+faststart'],
	},
	{ name: 'index-at-end', hue: 40, seconds: 1, framesPerSecond: 24, more: H264 },
	{ name: 'thirty', hue: 80, seconds: 1, framesPerSecond: 30, more: H264 },
	{
		name: 'baseline',
		hue: 120,
		seconds: 1,
		framesPerSecond: 24,
		more: [...H264, '-profile:v', 'baseline'],
	},
	{ name: 'ntsc', hue: 160, seconds: 1, framesPerSecond: '30000/1001', more: H264 },
	{
		name: 'fine-scale',
		hue: 200,
		seconds: 1,
		framesPerSecond: 25,
		more: [...H264, '-video_track_timescale', '90000'],
	},
	{
		name: 'variable',
		hue: 240,
		seconds: 1,
		framesPerSecond: 24,
		// Two of seven frames are missing, so that their distances differ.
		more: [...H264, '-vf', "select='not(eq(mod(n,7),2)+eq(mod(n,7),3))'", '-fps_mode', 'vfr'],
	},
	{ name: 'beep', hue: 20, seconds: 1, framesPerSecond: 24, soundHz: 880, more: H264 },
	{ name: 'beep-again', hue: 60, seconds: 1.3, framesPerSecond: 24, soundHz: 660, more: H264 },
	{
		name: 'mono',
		hue: 100,
		seconds: 1,
		framesPerSecond: 24,
		soundHz: 880,
		channels: 1,
		more: H264,
	},
	{ name: 'mov', hue: 140, seconds: 1, framesPerSecond: 24, more: [...H264, '-f', 'mov'] },
	{
		name: 'mov-beep',
		hue: 260,
		seconds: 1,
		framesPerSecond: 24,
		soundHz: 550,
		more: [...H264, '-f', 'mov'],
	},
	{ name: 'hevc', hue: 180, seconds: 0.5, framesPerSecond: 24, more: H265 },
	{ name: 'hevc-again', hue: 220, seconds: 0.5, framesPerSecond: 24, more: H265 },
	{ name: 'large', hue: 10, seconds: 0.5, framesPerSecond: 24, sizePx: '192x128', more: H264 },
	{
		name: 'fragmented',
		hue: 50,
		seconds: 0.5,
		framesPerSecond: 24,
		more: [...H264, '-movflags', '+frag_keyframe+empty_moov'],
	},
];

/** Draws a clip with ffmpeg. @throws Error when there is no ffmpeg */
export function drawClip(folder: string, recipe: ClipRecipe): string {
	const { name, hue, seconds, framesPerSecond, soundHz, channels = 2, sizePx = '96x64' } = recipe;
	const file = path.join(folder, `${name}.mp4`);
	const picture = `testsrc2=size=${sizePx}:rate=${framesPerSecond}:duration=${seconds},hue=h=${hue}`;
	// A beep of a tenth of a second at the very beginning: where it is heard, the clip begins.
	const sound = `sine=frequency=${soundHz ?? 0}:sample_rate=44100:duration=0.1,apad=whole_dur=${seconds}`;
	const withSound = [
		'-f',
		'lavfi',
		'-i',
		sound,
		'-c:a',
		'aac',
		'-ac',
		String(channels),
		'-shortest',
	];
	execFileSync('ffmpeg', [
		...['-hide_banner', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', picture],
		...(soundHz === undefined ? ['-an'] : withSound),
		...['-pix_fmt', 'yuv420p', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-threads', '1'],
		...(recipe.more ?? []),
		file,
	]);
	return file;
}

/** Films that can be made of them, by the names of their clips. */
export const FILMS: Readonly<Record<string, readonly string[]>> = {
	'of one clip': ['plain'],
	'of two alike': ['plain', 'index-at-end'],
	'of one clip several times': ['thirty', 'thirty', 'thirty'],
	'of different rates and settings': ['plain', 'thirty', 'baseline', 'ntsc', 'fine-scale'],
	'of frames at uneven distances': ['variable', 'plain', 'variable'],
	'with sound': ['beep', 'beep-again', 'beep'],
	'with sound and silence': ['plain', 'beep', 'index-at-end', 'beep-again', 'plain'],
	'with mono sound and silence': ['mono', 'plain', 'mono'],
	'of MOV and MP4': ['mov', 'plain'],
	'of MOV and MP4 with sound': ['mov-beep', 'plain', 'beep', 'mov-beep'],
	'in H.265': ['hevc', 'hevc-again'],
};
