import { closeSandboxes, openSandbox } from './sandbox-client';

afterEach(closeSandboxes);

/*
 * Written from the vendor's documentation. A field that an ID does not list is refused for it, whatever
 * is in it; `fits` holds the extremes of each field, `beyond` one step further.
 */
type Values = Readonly<Record<string, readonly unknown[]>>;
type Limits = readonly [fits: Values, beyond: Values];

const IMAGE = 'https://pictures.example/first.jpg';
const letters = (count: number) => 'x'.repeat(count);
const images = (count: number) => Array<string>(count).fill(IMAGE);
const steps = (least: number, most: number, ...more: number[]): Limits => [
	{ duration: [least, most, ...more] },
	{ duration: [least - 1, most + 1, least + 0.5, String(least), 'auto'] },
];
const words = (field: string, fits: string, beyond: string): Limits => [
	{ [field]: fits.split(' ') },
	{ [field]: [...beyond.split(' '), ''] },
];
const quality = (fits: string, beyond: string) => words('quality', fits, beyond);
const ratio = (fits: string, beyond: string) => words('aspect_ratio', fits, beyond);
const required = (most: number): Limits => [
	{ prompt: ['x', letters(most)] },
	{ prompt: [undefined, '', letters(most + 1)] },
];
const optional = (most: number): Limits => [
	{ prompt: [undefined, '', letters(most)] },
	{ prompt: [letters(most + 1), 7] },
];
const urls = (least: number, most: number): Limits => [
	{ image_urls: [images(least), images(most)] },
	{ image_urls: [...(least === 0 ? [] : [undefined, images(least - 1)]), images(most + 1), IMAGE] },
];
const first: Limits = [
	{ image_start: [IMAGE] },
	{ image_start: [undefined, [IMAGE], 'cat.jpg', 'data:image/png;base64,AA'] },
];
const last: Limits = [{ image_end: [undefined, IMAGE] }, { image_end: [[IMAGE], ''] }];
const flag = (field: string): Limits => [
	{ [field]: [true, false] },
	{ [field]: ['true', 'on', 1] },
];
const seed = (least: number): Limits => [
	{ seed: [least, 2_147_483_647] },
	{ seed: [least - 1, 2_147_483_648, 1.5] },
];
const params = (fits: unknown, beyond: unknown): Limits => [
	{ model_params: [{}, fits] },
	{ model_params: [beyond, []] },
];
const limits = (...all: Limits[]): Limits => [
	Object.assign({}, ...all.map(([fits]) => fits)),
	Object.assign({}, ...all.map(([, beyond]) => beyond)),
];

const sound: Limits = [{ sound: ['on', 'off'] }, { sound: [true, 'ON', ''] }];
const optimizer = { prompt_optimizer: true };
const pretreatment = { ...optimizer, fast_pretreatment: true };
const hailuo = limits([{ duration: [6, 10] }, { duration: [5, 7, 11] }], optional(2000));
const l6 = ratio('16:9 21:9 4:3 1:1 3:4 9:16', 'adaptive auto 4:5');
const h3 = limits(required(7000), quality('768p 2k', '720p 1080p'), steps(4, 15));
const h3Max = limits(required(7000), quality('480p 768p', '2k'), steps(5, 15));
const kling3 = limits(quality('720p 1080p 4k', '480p 2k'), steps(3, 15), sound);
const klingTurbo = limits(quality('720p 1080p', '4k'), steps(3, 15));
const klingRatio = ratio('16:9 9:16 1:1', '4:3 auto');
const free = [{ negative_prompt: ['', letters(9000)] }, { negative_prompt: [7] }] as const;
const shots = (more = {}) => ({
	multi_shot: true,
	shot_type: 'customize',
	multi_prompt: [
		{ index: 1, prompt: letters(512), duration: '2' },
		{ index: 2, prompt: 'x', duration: '3' },
	],
	watermark_info: { enabled: true },
	...more,
});
const elements = (count: number) => ({ element_list: Array(count).fill({ element_id: 'e' }) });
const search = params({ web_search: true }, { web_search: 'yes' });
const l7 = ratio('16:9 9:16 1:1 4:3 3:4 21:9 adaptive', 'auto 9:21');
const seedance = limits(required(10_000), l7, flag('generate_audio'), flag('content_filter'));
const seedance20 = limits(seedance, quality('480p 720p 1080p 4k', '2k'), steps(4, 15));
const seedanceSmall = limits(seedance, quality('480p 720p', '1080p 4k'), steps(4, 15));
const seedance25 = limits(
	seedance,
	quality('480p 720p 1080p', '4k'),
	steps(4, 30, -1),
	flag('draft'),
	words('output_format', 'mp4 mov', 'webm'),
);
const wan3 = limits(
	quality('480p 720p 1080p', '4k 360p'),
	steps(2, 30, -1),
	ratio('adaptive 16:9 9:16 1:1 4:3 3:4', '21:9 auto'),
	flag('generate_audio'),
	seed(0),
);
const wan2 = limits(
	quality('720p 1080p', '480p 4k'),
	steps(2, 15),
	seed(1),
	flag('prompt_extend'),
	[{ negative_prompt: [letters(500)] }, { negative_prompt: [letters(501)] }],
	[{ audio_urls: [[], [IMAGE]] }, { audio_urls: [[IMAGE, IMAGE]] }],
);
const wanRatio = ratio('16:9 9:16 1:1 4:3 3:4', '21:9 adaptive');
const gemini = limits(
	[{ prompt: ['x', letters(100_000)] }, { prompt: [undefined, '', 7] }],
	quality('360p 720p 1080p 4k', '480p auto'),
	steps(3, 10),
	ratio('16:9 9:16 auto', '1:1 adaptive'),
);
const l9 = ratio('16:9 9:16 1:1 4:3 3:4 4:5 5:4 9:21 21:9', 'auto 3:2');
const horse = limits(quality('720p 1080p', '480p'), steps(3, 15), seed(1));
// A Chinese character counts twice.
const [horsePrompt, longHorsePrompt] = ['马'.repeat(2500), '马'.repeat(2501)];

/** What an ID takes, and the body that the values are put into one by one. */
const MODELS: ReadonlyArray<readonly [id: string, body: object, limits: Limits]> = [
	[
		'MiniMax-Hailuo-2.3-Fast',
		{ image_urls: images(1) },
		limits(hailuo, quality('768p 1080p', '512p'), urls(1, 1), params(optimizer, pretreatment)),
	],
	[
		'MiniMax-Hailuo-2.3',
		{ prompt: 'x' },
		limits(
			hailuo,
			required(2000),
			quality('768p 1080p', '512p'),
			urls(0, 1),
			params(pretreatment, { prompt_optimizer: 1 }),
		),
	],
	[
		'MiniMax-Hailuo-02',
		{ prompt: 'x', image_urls: images(1) },
		limits(
			hailuo,
			quality('512p 768p 1080p', '720p'),
			urls(0, 2),
			params(pretreatment, { seed: 1 }),
		),
	],
	['minimax-h3-text-to-video', { prompt: 'x' }, limits(h3, l6)],
	['minimax-h3-image-to-video', { prompt: 'x', image_start: IMAGE }, limits(h3, first, last)],
	...['minimax-h3-max', 'minimax-h3-max-turbo'].flatMap(
		(value) =>
			[
				[`${value}-text-to-video`, { prompt: 'x' }, limits(h3Max, l6)],
				[
					`${value}-image-to-video`,
					{ prompt: 'x', image_start: IMAGE },
					limits(h3Max, first, last),
				],
			] as const,
	),
	[
		'kling-v3-text-to-video',
		{ prompt: 'x' },
		limits(kling3, required(2500), klingRatio, free, params(shots(), elements(1))),
	],
	[
		'kling-v3-image-to-video',
		{ image_start: IMAGE },
		limits(kling3, optional(2500), first, last, free, params(shots(elements(3)), elements(4))),
	],
	['kling-v3-turbo-text-to-video', { prompt: 'x' }, limits(klingTurbo, required(2500), klingRatio)],
	[
		'kling-v3-turbo-image-to-video',
		{ image_start: IMAGE },
		limits(klingTurbo, optional(2500), first),
	],
	[
		'kling-o3-text-to-video',
		{ prompt: 'x' },
		limits(kling3, required(2500), klingRatio, params(shots(elements(7)), elements(8))),
	],
	[
		'kling-o3-image-to-video',
		{ prompt: 'x', image_start: IMAGE },
		limits(
			kling3,
			required(2500),
			klingRatio,
			first,
			last,
			params(shots(elements(3)), elements(4)),
			[{ image_urls: [images(6)] }, { image_urls: [images(7)] }],
		),
	],
	['seedance-2.5-text-to-video', { prompt: 'x' }, limits(seedance25, search)],
	[
		'seedance-2.5-image-to-video',
		{ prompt: 'x', image_urls: images(1) },
		limits(seedance25, ratio('adaptive', '16:9 9:16'), urls(1, 2)),
	],
	['seedance-2.0-text-to-video', { prompt: 'x' }, limits(seedance20, search)],
	[
		'seedance-2.0-reference-to-video',
		{ prompt: 'x', image_urls: images(1) },
		limits(
			seedance20,
			urls(0, 9),
			[{ video_urls: [[], images(3)] }, { video_urls: [images(4), IMAGE] }],
			[{ audio_urls: [[], images(3)] }, { audio_urls: [images(4), IMAGE] }],
		),
	],
	['seedance-2.0-fast-text-to-video', { prompt: 'x' }, limits(seedanceSmall, search)],
	['seedance-2.0-mini-text-to-video', { prompt: 'x' }, seedanceSmall],
	...(
		[
			['seedance-2.0', seedance20],
			['seedance-2.0-fast', seedanceSmall],
			['seedance-2.0-mini', seedanceSmall],
		] as const
	).map(
		([value, own]) =>
			[
				`${value}-image-to-video`,
				{ prompt: 'x', image_urls: images(1) },
				limits(own, urls(1, 2)),
			] as const,
	),
	...['wan3.0', 'wan3.0-prime'].flatMap(
		(value) =>
			[
				[`${value}-text-to-video`, { prompt: 'x' }, limits(wan3, required(20_000))],
				[
					`${value}-image-to-video`,
					{ image_start: IMAGE },
					limits(wan3, optional(20_000), first, last),
				],
			] as const,
	),
	['wan2.7-text-to-video', { prompt: 'x' }, limits(wan2, required(5000), wanRatio)],
	[
		'wan2.7-image-to-video',
		{ image_start: IMAGE },
		limits(
			wan2,
			optional(5000),
			first,
			last,
			words('generation_mode', 'first_frame first_last_frame video_continuation', 'reference'),
			[{ video_urls: [[], [IMAGE]] }, { video_urls: [[IMAGE, IMAGE]] }],
		),
	],
	['gemini-omni-1.1-flash-text-to-video', { prompt: 'x' }, gemini],
	[
		'gemini-omni-1.1-flash-image-to-video',
		{ prompt: 'x', image_urls: images(1) },
		limits(gemini, urls(1, 2)),
	],
	[
		'happyhorse-1.1-text-to-video',
		{ prompt: 'x' },
		limits(horse, l9, [
			{ prompt: ['x', letters(5000), horsePrompt] },
			{ prompt: [undefined, '', letters(5001), longHorsePrompt] },
		]),
	],
	[
		'happyhorse-1.1-image-to-video',
		{ image_urls: images(1) },
		limits(horse, optional(5000), urls(1, 1)),
	],
	[
		'grok-imagine-video-1.5-preview',
		{ prompt: 'x' },
		limits(
			required(4096),
			quality('480p 720p 1080p', '4k'),
			steps(1, 15),
			ratio('auto 16:9 9:16 1:1 3:2 2:3', '4:3'),
			urls(0, 7),
		),
	],
];

/** Fields that some model has, or that clients were seen to send. */
const ALL_FIELDS: Readonly<Record<string, unknown>> = {
	...{ prompt: 'x', image_urls: images(1), image_start: IMAGE, image_end: IMAGE, n: 1 },
	...{ video_urls: [IMAGE], audio_urls: [IMAGE], aspect_ratio: '16:9', generate_audio: true },
	...{ sound: 'on', seed: 1, negative_prompt: 'x', model_params: {}, draft: false, mode: 'normal' },
	...{ output_format: 'mp4', content_filter: true, prompt_extend: false, resolution: '720p' },
	...{ generation_mode: 'first_frame', callback_url: IMAGE, prompt_optimizer: true },
};

describe('an order for a model', () => {
	it.each(MODELS)(
		'%s is taken up to its limits, and no further',
		async (model, body, [fits, beyond]) => {
			const { sandbox, http } = await openSandbox();
			const send = async (change: object) => {
				const { status, data } = await http.post('/v1/videos/generations', {
					...{ model, ...body },
					...change,
				});
				return { change, status, type: data.error?.type, param: data.error?.param };
			};
			const each = async (values: Values) =>
				await Promise.all(
					Object.entries(values).flatMap(([name, all]) =>
						all.map(async (value) => ({ name, ...(await send({ [name]: value })) })),
					),
				);

			const taken = [await send({}), ...(await each(fits))];
			expect(taken.filter(({ status }) => status !== 200)).toEqual([]);
			expect(sandbox.violations).toEqual([]);
			const foreign = Object.fromEntries(
				Object.entries(ALL_FIELDS)
					.filter(([name]) => !(name in fits))
					.map(([name, value]) => [name, [value]]),
			);
			const refused = [...(await each(beyond)), ...(await each(foreign))];
			const isRight = ({ name, status, type, param }: (typeof refused)[number]) =>
				status === 400 && type === 'invalid_request_error' && param.split('.')[0] === name;
			expect(refused.filter((answer) => !isRight(answer))).toEqual([]);
			expect(sandbox.bill).toHaveLength(taken.length);
		},
	);
});

/** Bodies in which each field fits, but not beside the others: null, or the field that is named. */
const TOGETHER: ReadonlyArray<readonly [id: string, body: object, param: string | null]> = [
	['MiniMax-Hailuo-03', { prompt: 'x' }, 'model'],
	['MiniMax-Hailuo-2.3', { prompt: 'x', quality: '1080p', duration: 10 }, 'duration'],
	['MiniMax-Hailuo-02', { image_urls: [], prompt: '' }, 'prompt'],
	['MiniMax-Hailuo-02', { image_urls: images(2), prompt: '' }, null],
	['MiniMax-Hailuo-02', { image_urls: images(1), quality: '512p', duration: 10 }, null],
	['MiniMax-Hailuo-02', { image_urls: images(2), quality: '512p' }, 'quality'],
	['MiniMax-Hailuo-02', { prompt: 'x', quality: '512p' }, 'quality'],
	['minimax-h3-image-to-video', { prompt: 'x', image_end: IMAGE }, null],
	['kling-v3-text-to-video', { prompt: '', model_params: shots() }, null],
	['kling-v3-text-to-video', { model_params: shots({ multi_shot: false }) }, 'prompt'],
	['kling-v3-text-to-video', { model_params: shots(), duration: 6 }, 'model_params.multi_prompt'],
	['kling-o3-image-to-video', { prompt: 'x' }, 'image_start'],
	['kling-o3-image-to-video', { prompt: 'x', image_urls: images(7) }, null],
	[
		'kling-o3-image-to-video',
		{ prompt: 'x', image_urls: images(7), model_params: elements(1) },
		'image_urls',
	],
	[
		'kling-o3-image-to-video',
		{ prompt: 'x', image_start: IMAGE, image_end: IMAGE, image_urls: images(3) },
		'image_end',
	],
	[
		'kling-o3-image-to-video',
		{ prompt: 'x', image_urls: images(1), image_end: IMAGE },
		'image_end',
	],
	['wan2.7-image-to-video', { image_end: IMAGE }, 'image_end'],
	['wan2.7-image-to-video', { prompt: 'x' }, 'image_start'],
	['wan2.7-image-to-video', { video_urls: [IMAGE] }, null],
	[
		'wan2.7-image-to-video',
		{ image_start: IMAGE, video_urls: [IMAGE], generation_mode: 'first_frame' },
		'video_urls',
	],
	['wan2.7-image-to-video', { video_urls: [IMAGE], audio_urls: [IMAGE] }, 'audio_urls'],
	['seedance-2.5-text-to-video', { prompt: 'x', draft: true, quality: '720p' }, 'quality'],
	['seedance-2.5-text-to-video', { prompt: 'x', draft: true }, null],
	[
		'seedance-2.0-text-to-video',
		{ prompt: 'x', content_filter: false, model_params: { web_search: true } },
		'content_filter',
	],
	['seedance-2.0-reference-to-video', { prompt: 'x', audio_urls: [IMAGE] }, 'audio_urls'],
	[
		'grok-imagine-video-1.5-preview',
		{ prompt: 'x', image_urls: images(1), quality: '1080p' },
		null,
	],
	[
		'grok-imagine-video-1.5-preview',
		{ prompt: 'x', image_urls: images(2), quality: '1080p' },
		'quality',
	],
];

it.each(TOGETHER)('%s with %j is told what is wrong: %s', async (model, body, param) => {
	const { sandbox, http } = await openSandbox();
	const { status, data } = await http.post('/v1/videos/generations', { model, ...body });
	expect([status, data.error?.param ?? null]).toEqual([param === null ? 200 : 400, param]);
	expect(sandbox.bill).toHaveLength(param === null ? 1 : 0);
});

it('a refusal names what is allowed', async () => {
	const { http } = await openSandbox();
	const order = { model: 'kling-v3-turbo-text-to-video', prompt: 'x' };
	const messageFor = async (change: object) =>
		String((await http.post('/v1/videos/generations', { ...order, ...change })).data.error.message);
	expect(await messageFor({ quality: '4k' })).toContain('720p, 1080p');
	expect(await messageFor({ duration: 2 })).toContain('from 3 to 15');
	expect(await messageFor({ sound: 'on' })).toContain('prompt, quality, aspect_ratio');
	expect(await messageFor({ model: 'kling-v4' })).toContain('kling-v3-turbo-text-to-video');
});

it.each([
	['MiniMax-Hailuo-2.3', 'pending', undefined],
	['kling-v3-turbo-text-to-video', 'pending', 'per_second'],
	['gemini-omni-1.1-flash-text-to-video', 'processing', 'per_token'],
])('the answer for %s has what is documented for it', async (model, status, billingRule) => {
	const { sandbox, http } = await openSandbox();
	const order = { model, prompt: 'x', duration: 6 };
	const { data } = await http.post('/v1/videos/generations', order);
	expect(data.status).toBe(status);
	const older = ['created', 'id', 'model', 'object', 'progress', 'status'];
	if (billingRule === undefined) {
		expect(Object.keys(data)).toEqual(older);
		return;
	}
	expect(data).toMatchObject({
		type: 'video',
		task_info: { estimated_time: 100, video_duration: 6 },
		usage: { billing_rule: billingRule, credits_reserved: sandbox.bill[0].credits },
	});
});
