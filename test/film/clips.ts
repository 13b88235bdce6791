import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { withColors } from './changed-clips';

/** How ffmpeg draws a clip; every frame of every clip differs from all others. */
export interface ClipRecipe {
	hue: number;
	/** Default: 1. */
	seconds?: number;
	/** Default: 24. */
	framesPerSecond?: number | string;
	/** Beeps once at its very beginning, at this pitch; undefined: no sound. */
	soundHz?: number;
	channels?: number;
	sizePx?: string;
	/** More of ffmpeg's arguments; without a codec, the clip is in H.264. */
	more?: string[];
}

const H265 = [
	'-c:v',
	'libx265',
	'-tag:v',
	'hvc1',
	'-preset',
	'medium',
	'-x265-params',
	'log-level=error',
];

/** Clips that differ in all that may differ, and some that cannot be joined. */
const RECIPES: Readonly<Record<string, ClipRecipe>> = {
	plain: { hue: 0, more: ['-movflags', '+faststart'] },
	'index-at-end': { hue: 40 },
	thirty: { hue: 80, framesPerSecond: 30 },
	baseline: { hue: 120, more: ['-profile:v', 'baseline'] },
	ntsc: { hue: 160, framesPerSecond: '30000/1001' },
	'fine-scale': { hue: 200, framesPerSecond: 25, more: ['-video_track_timescale', '90000'] },
	// Two of seven frames are missing, so that their distances differ.
	variable: {
		hue: 240,
		more: ['-vf', "select='not(eq(mod(n,7),2)+eq(mod(n,7),3))'", '-fps_mode', 'vfr'],
	},
	beep: { hue: 20, soundHz: 880 },
	'beep-again': { hue: 60, seconds: 1.3, soundHz: 660 },
	mono: { hue: 100, soundHz: 880, channels: 1 },
	mov: { hue: 140, more: ['-f', 'mov'] },
	'mov-beep': { hue: 260, soundHz: 550, more: ['-f', 'mov'] },
	hevc: { hue: 180, seconds: 0.5, more: H265 },
	'hevc-again': { hue: 220, seconds: 0.5, more: H265 },
	large: { hue: 10, seconds: 0.5, sizePx: '192x128' },
	fragmented: { hue: 50, seconds: 0.5, more: ['-movflags', '+frag_keyframe+empty_moov'] },
};

/** Returns where a clip is kept. */
export function clipFile(name: string): string {
	return path.join(__dirname, 'clips', `${name}.mp4`);
}

export function clip(name: string): Buffer {
	return readFileSync(clipFile(name));
}

/** Draws one clip with ffmpeg. */
export function drawClip(recipe: ClipRecipe, file: string): void {
	const { hue, seconds = 1, framesPerSecond = 24, sizePx = '96x64', more = [] } = recipe;
	const { soundHz, channels = 2 } = recipe;
	const video = `testsrc2=size=${sizePx}:rate=${framesPerSecond}:duration=${seconds},hue=h=${hue}`;
	// A beep of a tenth of a second at the very beginning: where it is heard, the clip begins.
	const audio = `sine=frequency=${soundHz ?? 0}:sample_rate=44100:duration=0.1,apad=whole_dur=${seconds}`;
	const withAudio = ['-f', 'lavfi', '-i', audio, '-c:a', 'aac', '-ac', `${channels}`, '-shortest'];
	execFileSync('ffmpeg', [
		...['-hide_banner', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', video],
		...(soundHz === undefined ? ['-an'] : withAudio),
		...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '40', '-pix_fmt', 'yuv420p'],
		...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-threads', '1', ...more],
		file,
	]);
}

/** Draws all clips anew, but for `minih264`: that one is by the encoder of this name, not by ffmpeg's. */
export function drawClips(): void {
	for (const [name, recipe] of Object.entries(RECIPES)) drawClip(recipe, clipFile(name));
	// Frames before the cut stay in the file, hidden by its edit list.
	const cut = ['-y', '-ss', '0.4', '-i', clipFile('plain'), '-c', 'copy', clipFile('trimmed')];
	execFileSync('ffmpeg', ['-loglevel', 'error', ...cut]);
	// The same stream as of another clip, but its index says its colors.
	const labeled = withColors(clip('index-at-end'), ['nclx', '00010001000100']);
	writeFileSync(clipFile('labeled'), labeled);
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
	'of colors said and not said': ['plain', 'labeled', 'plain'],
	'by two encoders': ['plain', 'minih264', 'beep', 'minih264'],
	'in H.265': ['hevc', 'hevc-again'],
};
