import { resultFileName, resultMediaType } from '../../../nodes/Evolink/evolink/resultFile';

const TASK_ID = 'task-unified-1757169743-7cvnl5zw';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('the media type of a result', () => {
	it.each([
		['\0\0\0\x20ftypisom', 'video/mp4'],
		['\0\0\0\x20ftypqt  ', 'video/quicktime'],
		['\x1aE\xdf\xa3', 'video/webm'],
		['\x89PNG\r\n\x1a\n', 'image/png'],
		['\xff\xd8\xff\xe0', 'image/jpeg'],
		['RIFF\0\0\0\0WEBPVP8 ', 'image/webp'],
		['GIF89a', 'image/gif'],
		['ID3\x04', 'audio/mpeg'],
		['\xff\xfb\x90', 'audio/mpeg'],
		['RIFF\0\0\0\0WAVEfmt ', 'audio/wav'],
		['fLaC', 'audio/flac'],
		['OggS', 'audio/ogg'],
		['\0\0\0\x20ftypM4A ', 'audio/mp4'],
	])('is what the bytes say: %j', (text, mediaType) => {
		expect(resultMediaType(bytes(text))).toBe(mediaType);
	});

	it.each([
		'<!doctype html><title>Sign in</title>',
		'\xef\xbb\xbf\n <HTML>',
		'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
		'{"error":"expired"}',
		'[{"a":1}]',
		'404',
		'error code: 1015',
		'#EXTM3U',
		'File not found or expired',
		'%PDF-1.7',
		'\0'.repeat(4_096),
		'PK\x03\x04',
		'AAAAIGZ0eXBpc29t',
		'',
	])('is none for what is no file to keep: %j', (text) => {
		expect(resultMediaType(bytes(text))).toBeUndefined();
	});
});

describe('the name of the file', () => {
	it.each([
		['', `${TASK_ID}.mp4`],
		['spring', 'spring.mp4'],
		['spring.mp4', 'spring.mp4'],
		['Spring.MP4', 'Spring.MP4'],
		['spring.v2', 'spring.v2.mp4'],
		['Frühling 2026 🐈', 'Frühling 2026 🐈.mp4'],
		['../../etc/passwd', '_.._etc_passwd.mp4'],
		['..\\..\\boot.ini', '_.._boot.ini.mp4'],
		['/etc/passwd', '_etc_passwd.mp4'],
		['C:\\a', 'C__a.mp4'],
		['..', `${TASK_ID}.mp4`],
		[' .. ', `${TASK_ID}.mp4`],
		['. .hidden', 'hidden.mp4'],
		['spring ', 'spring.mp4'],
		['a\0b\nc', 'a_b_c.mp4'],
		['a<b>:"|?*', 'a_b______.mp4'],
		['Sale \ud83d', 'Sale _.mp4'],
	])('%j becomes %j', (wanted, name) => {
		expect(resultFileName(wanted, TASK_ID, 'video/mp4')).toBe(name);
	});

	it.each([
		['a'.repeat(300), `${'a'.repeat(196)}.mp4`],
		[`${'a'.repeat(300)}.MP4`, `${'a'.repeat(196)}.MP4`],
		['🐈'.repeat(100), `${'🐈'.repeat(49)}.mp4`],
	])('is at most 200 bytes long, cut between characters (%#)', (wanted, name) => {
		expect(resultFileName(wanted, TASK_ID, 'video/mp4')).toBe(name);
	});

	it.each([
		['image/jpeg', 'a.jpg'],
		['image/png', 'a.png'],
		['image/webp', 'a.webp'],
		['image/gif', 'a.gif'],
		['audio/mpeg', 'a.mp3'],
		['audio/wav', 'a.wav'],
		['audio/mp4', 'a.m4a'],
		['audio/aac', 'a.aac'],
		['audio/flac', 'a.flac'],
		['audio/ogg', 'a.ogg'],
		['constructor', 'a.mp4'],
	])('of the media type %s ends as %s', (mediaType, name) => {
		expect(resultFileName('a', TASK_ID, mediaType)).toBe(name);
	});
});
