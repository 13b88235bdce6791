/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** An answer of any server, as it goes over the wire. */
export interface GeneratedAnswer {
	/** 200 to 599. */
	status: number;
	/** In the order in which they are sent; a name can come twice. */
	headers: ReadonlyArray<readonly [name: string, value: string]>;
	body: Buffer;
}

/** What the generators fill in where it matters. */
export interface AnswerContext {
	/** What the one who asks hopes for, which is answered more often than the others. */
	hopedFor: 'task' | 'upload' | 'file';
	apiKey: string;
	/** Links that may be opened without leaving this machine. */
	links: readonly string[];
}

/** Stands for the API key in a JSON text until that text is written. */
const KEY_MARK = '<the key>';

/** A real one, so that a task with it is one. */
const TASK_ID = 'task-unified-1757169743-7cvnl5zw';

/**
 * The ways to write one and the same key: as it is, as JSON may spell it, as a URL may. Each says
 * whether it is of use inside of a JSON text, inside of a header, or both.
 */
const SPELLINGS: Array<{ json: boolean; header: boolean; spell: (key: string) => string }> = [
	{ json: true, header: false, spell: (key) => JSON.stringify(key).slice(1, -1) },
	{
		json: true,
		header: false,
		spell: (key) => JSON.stringify(key).slice(1, -1).replaceAll('/', '\\/'),
	},
	{ json: false, header: true, spell: (key) => key },
	{ json: true, header: true, spell: (key) => encodeURIComponent(key) },
	{
		json: true,
		header: true,
		spell: (key) => encodeURIComponent(key).replace(/%../g, (code) => code.toLowerCase()),
	},
];

/**
 * Returns whether the text gives the key away: as it is, or to somebody who undoes the escapes of
 * JSON and of URLs.
 */
export function givesKeyAway(text: string, apiKey: string): boolean {
	const withoutJsonEscapes = text
		.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
		.replace(/\\(["\\/])/g, '$1');
	return [text, withoutJsonEscapes].some((each) => {
		const withoutPercentCodes = each.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
			String.fromCharCode(parseInt(code, 16)),
		);
		return each.includes(apiKey) || withoutPercentCodes.includes(apiKey);
	});
}

/** The text in between quotes of a JSON that is nested so deeply. */
function nested(depth: number, open: string, close: string): string {
	return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

/** A JSON text that no JSON.stringify writes; it takes its place where its mark stands. */
const RAW_VALUES = {
	'<deep list>': nested(9_000, '[', ']'),
	'<deeper list>': nested(50_000, '[', ']'),
	'<deep object>': nested(20_000, '{"a":', '}'),
	'<huge number>': '1e400',
	'<tiny number>': '-1e-400',
	'<long number>': '9'.repeat(400),
	'<lone surrogate>': '"\\ud83d"',
	'<escaped zero>': '"a\\u0000b"',
} as const;

const HUGE_TEXT = 'Long words. '.repeat(20_000);

const wrongValue: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 3, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
	{
		weight: 3,
		arbitrary: fc.constantFrom<unknown>(
			null,
			true,
			'',
			' ',
			'0',
			0,
			-1,
			1.5,
			1e308,
			-1e308,
			2 ** 53,
			[],
			{},
			[[]],
			[null],
			'null',
			'undefined',
			'NaN',
			'__proto__',
			'<script>alert(1)</script>',
			'\u202e\u0000\ufeff',
		),
	},
	{ weight: 1, arbitrary: fc.constantFrom<unknown>(...Object.keys(RAW_VALUES)) },
	{ weight: 1, arbitrary: fc.constant(HUGE_TEXT) },
);

/** Words in which the key may turn up. */
const words = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom('Not today.', 'Ümläute: ok', 'a "quote" and a \\') },
	{ weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
	{ weight: 2, arbitrary: fc.constant(`The key ${KEY_MARK} is not known`) },
	{ weight: 1, arbitrary: fc.constant(`https://example.invalid/?key=${KEY_MARK}&x=1`) },
);

/** Mostly as the API promises it, sometimes of any other type, sometimes not there. */
function mostly(right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
	return fc.oneof(
		{ weight: 14, arbitrary: right },
		{ weight: 2, arbitrary: wrongValue },
		{ weight: 1, arbitrary: fc.constant(undefined) },
	);
}

/** How the fields of an object are made: {@link mostly} as promised, or {@link exactly}. */
type FieldMaker = (right: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>;

const exactly: FieldMaker = (right) => right;

const errorObject = fc.record({
	code: mostly(
		fc.constantFrom<unknown>(400, 404, 429, 'task_not_found', 'service_error', KEY_MARK),
	),
	message: mostly(words),
	type: mostly(fc.constantFrom('task_error', '')),
	param: mostly(fc.constantFrom('image_urls', KEY_MARK)),
});

function taskLike(links: readonly string[], field: FieldMaker): fc.Arbitrary<unknown> {
	const link = fc.oneof(
		{ weight: 3, arbitrary: fc.constantFrom(...links) },
		{
			weight: 1,
			arbitrary: fc.constantFrom(
				'http://127.0.0.1:1/closed.mp4',
				'https://host.invalid/a.mp4',
				'file:///etc/passwd',
				'/relative.mp4',
				'http://',
				'http://[::1',
				'javascript:alert(1)',
				'https://127.0.0.1:1/😀 \u0000',
				`${links[0]}?key=${KEY_MARK}`,
			),
		},
	);
	return fc.record({
		id: field(fc.constant(TASK_ID)),
		status: field(
			fc.constantFrom(
				'pending',
				'processing',
				'completed',
				'failed',
				'cancelled',
				'paused',
				KEY_MARK,
			),
		),
		created: field(fc.constantFrom(1_757_169_743, 1_757_169_743_000, 0, -5, 8.64e15)),
		model: field(fc.constantFrom('MiniMax-Hailuo-2.3-Fast', KEY_MARK)),
		object: field(fc.constant('video.generation.task')),
		progress: field(fc.integer({ min: 0, max: 100 })),
		results: field(fc.array(link, { maxLength: 3 })),
		error: fc.oneof(fc.constant(undefined), mostly(errorObject)),
		task_info: field(fc.record({ estimated_time: field(fc.integer({ min: 0, max: 300 })) })),
		type: field(fc.constant('video')),
		[KEY_MARK]: fc.oneof(
			{ weight: 9, arbitrary: fc.constant(undefined) },
			{ weight: 1, arbitrary: words },
		),
		// JSON keeps it as a field of its own, which a careless copy makes a prototype of.
		['__proto__']: fc.oneof(
			{ weight: 9, arbitrary: fc.constant(undefined) },
			{ weight: 1, arbitrary: wrongValue },
		),
	});
}

function uploadLike(links: readonly string[], field: FieldMaker): fc.Arbitrary<unknown> {
	return fc.record({
		success: field(fc.constantFrom(true, true, true, false)),
		code: field(fc.constantFrom<unknown>(200, 400, 401, 413, 429, 503, '413', 1e9)),
		msg: field(words),
		data: field(
			fc.record({
				file_url: field(
					fc.constantFrom(
						...links,
						...links,
						'ftp://a.invalid/b',
						`https://${KEY_MARK}@a.invalid/`,
					),
				),
				file_size: field(fc.nat()),
			}),
		),
	});
}

function errorLike(): fc.Arbitrary<unknown> {
	return fc.oneof(
		fc.record({ error: mostly(errorObject) }),
		fc.record({ success: mostly(fc.constant(false)), code: wrongValue, msg: words }),
		fc.record({ message: words }),
	);
}

/** JSON text with the marks replaced by what JSON.stringify would never write. */
function written(value: unknown, spelledKey: string): string {
	let text = JSON.stringify(value) ?? 'null';
	for (const [mark, raw] of Object.entries(RAW_VALUES)) {
		text = text.replaceAll(JSON.stringify(mark), () => raw);
	}
	return text.replaceAll(KEY_MARK, () => spelledKey);
}

/** Ways to spoil a JSON text on its way. */
const spoilings: Array<(text: string) => Buffer> = [
	(text) => Buffer.from(`\ufeff${text}`),
	(text) => Buffer.from(`${text}${text}`),
	(text) => Buffer.from(text.slice(0, -1)),
	(text) => Buffer.from(text.slice(0, text.length / 2)),
	(text) => Buffer.from(`)]}',\n${text}`),
	(text) => Buffer.from(`callback(${text});`),
	(text) => Buffer.from(text, 'utf16le'),
	(text) => Buffer.from(text, 'latin1'),
	(text) => Buffer.from(text.replace(/^\{/, `{"id":"${TASK_ID}","status":"pending","id":7,`)),
	// Bytes that are no UTF-8, in the first text of the JSON.
	(text) => {
		const bytes = Buffer.from(text);
		const at = bytes.indexOf('"') + 1;
		return Buffer.concat([
			bytes.subarray(0, at),
			Buffer.from([0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80]),
			bytes.subarray(at),
		]);
	},
];

function anyBody({ apiKey, links, hopedFor }: AnswerContext): fc.Arbitrary<Buffer> {
	const spelledKey = fc
		.constantFrom(...SPELLINGS.filter(({ json }) => json))
		.map(({ spell }) => spell(apiKey));
	const jsonText = fc
		.tuple(
			fc.oneof(
				{ weight: hopedFor === 'task' ? 8 : 2, arbitrary: taskLike(links, mostly) },
				{ weight: hopedFor === 'task' ? 12 : 0, arbitrary: taskLike(links, exactly) },
				{ weight: hopedFor === 'upload' ? 8 : 2, arbitrary: uploadLike(links, mostly) },
				{ weight: hopedFor === 'upload' ? 12 : 0, arbitrary: uploadLike(links, exactly) },
				{ weight: 3, arbitrary: errorLike() },
				{ weight: 2, arbitrary: wrongValue },
			),
			spelledKey,
		)
		.map(([value, key]) => written(value, key));
	return fc.oneof(
		{ weight: 10, arbitrary: jsonText.map((text) => Buffer.from(text)) },
		{
			weight: 2,
			arbitrary: fc
				.tuple(jsonText, fc.constantFrom(...spoilings))
				.map(([text, spoil]) => spoil(text)),
		},
		{
			weight: 1,
			arbitrary: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
		},
		{
			weight: 1,
			arbitrary: fc.constantFrom(
				Buffer.alloc(0),
				Buffer.from(`<!doctype html><title>502</title><p>${apiKey}</p>`),
				Buffer.alloc(1_000_000, 'x'),
				Buffer.alloc(100_000, 0),
			),
		},
	);
}

const retryAfter = fc.constantFrom(
	'0',
	'1',
	'-1',
	'0.5',
	'1e9',
	'99999999999999999999',
	'9'.repeat(400),
	'NaN',
	'Infinity',
	'soon',
	'',
	'Wed, 21 Oct 2015 07:28:00 GMT',
	'Fri, 31 Dec 9999 23:59:59 GMT',
	'Mon, 99 Foo 2026 99:99:99 GMT',
	'1, 2',
);

const contentType = fc.constantFrom(
	'application/json',
	'application/json; charset=utf-16',
	'application/json; charset=nothing-known',
	'text/html',
	'TEXT/HTML;',
	'video/mp4',
	'video/mp4; codecs="avc1"',
	'image/png',
	'../../etc/passwd',
	'x',
	'/',
	';',
	'multipart/form-data',
	'a/'.repeat(500),
	'\u00ff\u00fe/\u00e4',
);

const location = fc.constantFrom(
	'/elsewhere',
	'',
	'//',
	'http://127.0.0.1:1/',
	'http://[::1',
	'https://host.invalid/',
	'file:///etc/passwd',
	'data:text/plain,a',
	'\u00e4\u00ff',
);

/** What the server says of the length of its answer, given how long that really is. */
const contentLength = fc.constantFrom<Array<(bodyBytes: number) => string>>(
	(bodyBytes) => `${bodyBytes}`,
	(bodyBytes) => `${bodyBytes + 7}`,
	(bodyBytes) => `${Math.floor(bodyBytes / 2)}`,
	() => '0',
	() => '-1',
	() => '1e3',
	() => '99999999999999999999999',
);

const contentEncoding = fc.constantFrom(
	'gzip',
	'deflate',
	'br',
	'identity',
	'x-unknown',
	'gzip, gzip',
	'GZIP',
	'',
);

function anyHeaders({ apiKey, links }: AnswerContext): fc.Arbitrary<Array<[string, string]>> {
	const spelledKey = fc
		.constantFrom(...SPELLINGS.filter(({ header }) => header))
		.map(({ spell }) => spell(apiKey));
	const header = fc.oneof(
		{ weight: 3, arbitrary: fc.tuple(fc.constant('Content-Type'), contentType) },
		{ weight: 3, arbitrary: fc.tuple(fc.constant('Retry-After'), retryAfter) },
		{ weight: 1, arbitrary: fc.tuple(fc.constant('Content-Encoding'), contentEncoding) },
		{ weight: 2, arbitrary: fc.tuple(fc.constant('Location'), location) },
		{ weight: 1, arbitrary: fc.tuple(fc.constant('Location'), fc.constantFrom(...links)) },
		{
			weight: 2,
			arbitrary: spelledKey.map((key): [string, string] => [
				'Location',
				`https://host.invalid/login?token=${key}&next=/`,
			]),
		},
		{
			weight: 1,
			arbitrary: spelledKey.map((key): [string, string] => [
				'Set-Cookie',
				`session=${key}; Path=/`,
			]),
		},
		{ weight: 1, arbitrary: spelledKey.map((key): [string, string] => ['X-Echo', key]) },
		{
			weight: 1,
			arbitrary: fc.constantFrom<[string, string]>(
				['__proto__', 'polluted'],
				['constructor', 'x'],
				['X-Long', 'y'.repeat(6_000)],
				['Content-Disposition', 'attachment; filename="../../../evil.exe"'],
				['Idempotency-Replayed', 'true'],
				['Upgrade', 'websocket'],
				['Trailer', 'Retry-After'],
			),
		},
	);
	return fc.array(header, { maxLength: 5 });
}

const status = fc.oneof(
	{ weight: 14, arbitrary: fc.constant(200) },
	{ weight: 2, arbitrary: fc.constantFrom(201, 202, 203, 204, 205, 206, 299) },
	{ weight: 2, arbitrary: fc.constantFrom(300, 301, 302, 303, 304, 307, 308, 399) },
	{ weight: 3, arbitrary: fc.constantFrom(400, 401, 402, 403, 404, 408, 409, 413, 415, 429, 499) },
	{ weight: 2, arbitrary: fc.constantFrom(500, 501, 502, 503, 504, 522, 599) },
	{ weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
);

/** Really packed, where the header says so; every second time it is not. */
function packed(body: Buffer, headers: ReadonlyArray<readonly [string, string]>): Buffer {
	const encoding = headers.find(([name]) => name === 'Content-Encoding')?.[1];
	switch (encoding) {
		case 'gzip':
			return gzipSync(body);
		case 'deflate':
			return deflateSync(body);
		case 'br':
			return body.length > 100_000 ? body : brotliCompressSync(body);
		default:
			return body;
	}
}

/** The same answer, which shows itself in the report of a failed property as one can read it. */
function described(answer: GeneratedAnswer): GeneratedAnswer {
	const { status, headers, body } = answer;
	const text = body.subarray(0, 2_000).toString('latin1');
	const description = JSON.stringify({ status, headers, bodyBytes: body.length, text });
	return Object.defineProperty({ ...answer }, fc.toStringMethod, { value: () => description });
}

/** Makes answers of every kind that a server, a proxy or an attacker could give. */
export function anyAnswer(context: AnswerContext): fc.Arbitrary<GeneratedAnswer> {
	return fc
		.record({
			status,
			headers: anyHeaders(context),
			body: anyBody(context),
			isPacked: fc.boolean(),
			saidLength: fc.oneof(
				{ weight: 6, arbitrary: fc.constant(null) },
				{ weight: 1, arbitrary: contentLength },
			),
		})
		.map(({ status: code, isPacked, body, headers, saidLength }) => {
			const sent = isPacked ? packed(body, headers) : body;
			const length: Array<[string, string]> =
				saidLength === null ? [] : [['Content-Length', saidLength(sent.length)]];
			return described({ status: code, headers: [...headers, ...length], body: sent });
		});
}
