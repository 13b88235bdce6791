import fc from 'fast-check';

import {
	promisedLength,
	resultFileName,
	resultMediaType,
} from '../../../nodes/Evolink/evolink/resultFile';
import { runs } from '../../random';

const TASK_ID = 'task-unified-1757169743-7cvnl5zw';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const MP4 = bytes('\0\0\0\x20ftypisom');

describe('the media type of a result', () => {
	it.each([
		['video/mp4', 'video/mp4'],
		['Video/MP4; codecs="avc1"', 'video/mp4'],
		['video/quicktime', 'video/quicktime'],
		['image/png', 'image/png'],
		['audio/mpeg;rate=1', 'audio/mpeg'],
		['', 'video/mp4'],
		[' ; ', 'video/mp4'],
		[undefined, 'video/mp4'],
		['application/octet-stream', 'video/mp4'],
		['binary/octet-stream', 'video/mp4'],
		['application/mp4', 'video/mp4'],
		['application/x-unknown', 'video/mp4'],
		['video', 'video/mp4'],
		['video/mp4\r\nX: y', 'video/mp4'],
		['audio/mpeg ; rate=1', 'audio/mpeg'],
		['x-video/webm', 'video/mp4'],
		['application/json5', 'video/mp4'],
	])('from %j is %s', (contentType, mediaType) => {
		expect(resultMediaType(contentType, MP4)).toBe(mediaType);
	});

	it.each([
		['\x89PNG\r\n\x1a\n', 'image/png'],
		['\xff\xd8\xff\xe0', 'image/jpeg'],
		['RIFF\0\0\0\0WEBPVP8 ', 'image/webp'],
		['GIF89a', 'image/gif'],
		['ID3\x04', 'audio/mpeg'],
		['RIFF\0\0\0\0WAVEfmt ', 'audio/wav'],
		['fLaC', 'audio/flac'],
		['OggS', 'audio/ogg'],
		['\0\0\0\x20ftypM4A ', 'audio/mp4'],
		['anything', 'video/mp4'],
		['', 'video/mp4'],
	])('is what the first bytes say where the server says nothing: %j', (text, mediaType) => {
		expect(resultMediaType('application/octet-stream', bytes(text))).toBe(mediaType);
	});

	it.each([
		'text/html; charset=utf-8',
		'text/plain',
		'application/json',
		'application/problem+json',
		'application/xml',
		'application/xhtml+xml',
	])('is none for what the server calls %s', (contentType) => {
		expect(resultMediaType(contentType, MP4)).toBeUndefined();
	});

	it.each([
		'<!doctype html><title>Sign in</title>',
		'\xef\xbb\xbf\n <HTML>',
		'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
		'{"error":"expired"}',
		'[{"a":1}]',
		'{}',
	])('is none for a page or a text that claims to be a video: %j', (text) => {
		expect(resultMediaType('video/mp4', bytes(text))).toBeUndefined();
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
		['.hidden', 'hidden.mp4'],
		['a\0b\nc', 'a_b_c.mp4'],
		['a<b>:"|?*', 'a_b______.mp4'],
		['Sale \ud83d', 'Sale _.mp4'],
	])('%j becomes %j', (wanted, name) => {
		expect(resultFileName(wanted, TASK_ID, 'video/mp4')).toBe(name);
	});

	it.each([
		['video/mp4', 'a.mp4'],
		['video/webm', 'a.mp4'],
		['image/jpeg', 'a.jpg'],
		['image/jpg', 'a.jpg'],
		['image/png', 'a.png'],
		['image/webp', 'a.webp'],
		['image/gif', 'a.gif'],
		['audio/mpeg', 'a.mp3'],
		['audio/wav', 'a.wav'],
		['audio/x-wav', 'a.wav'],
		['audio/mp4', 'a.m4a'],
		['audio/aac', 'a.aac'],
		['audio/flac', 'a.flac'],
		['audio/ogg', 'a.ogg'],
		['constructor', 'a.mp4'],
		['__proto__', 'a.mp4'],
	])('of the media type %s ends as %s', (mediaType, name) => {
		expect(resultFileName('a', TASK_ID, mediaType)).toBe(name);
	});

	it('can never lead to another folder, nor be hidden', () => {
		const anyName = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc
				.array(fc.constantFrom('.', '/', '\\', ' ', ':', 'a', '\0', '\n'))
				.map((parts) => parts.join('')),
		);
		fc.assert(
			fc.property(anyName, (wanted) => {
				const name = resultFileName(wanted, TASK_ID, 'video/mp4');
				expect(name).not.toMatch(/[/\\\0\r\n:]|^[. ]/);
				expect(name).toMatch(/.\.mp4$/i);
			}),
			runs(1_000),
		);
	});
});

describe('the length that a server promises', () => {
	it.each([
		[{}, undefined],
		[{ 'content-length': '1000' }, 1000],
		[{ 'content-length': '1000', 'content-encoding': 'identity' }, 1000],
		[{ 'content-length': '1000', 'content-encoding': 'gzip' }, undefined],
		[{ 'content-length': 'many' }, undefined],
		[{ 'content-length': '12 bytes' }, undefined],
		[{ 'content-length': '' }, undefined],
		[{ 'content-length': '-1' }, undefined],
	])('is %j: %p', (headers, length) => {
		expect(promisedLength(headers as Record<string, string>)).toBe(length);
	});
});
