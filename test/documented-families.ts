/** What Evolink documents about one row of the Model drop-down; written from there, not from the node. */
export interface Family {
	shownAs: string;
	value: string;
	/** Behind the value, without and with an image. */
	suffixes: readonly [string, string];
	frames: 'image_urls' | 'image_start';
	images: readonly number[];
	/** With which numbers of images a prompt is required. */
	promptFor: readonly number[];
	promptMost: number;
	/** The default first. */
	qualities: readonly string[];
	shortest: number;
	longest: number;
	usual: number;
	/** Without an image, the default first; empty: no choice. */
	ratios: readonly string[];
	ratiosWithImage: readonly string[];
	/** The default of the switch. */
	sound?: boolean;
	soundField?: 'sound' | 'generate_audio';
	seed?: readonly [number, number];
	negativeMost?: number;
	params: readonly string[];
}

const NONE: string[] = [];
const USUAL = {
	suffixes: ['-text-to-video', '-image-to-video'],
	frames: 'image_urls',
	images: [0, 1, 2],
	promptFor: [0, 1, 2],
	usual: 5,
	ratios: NONE,
	ratiosWithImage: NONE,
	params: [],
} satisfies Partial<Family>;
const words = (text: string) => text.split(' ');

const HAILUO = {
	...USUAL,
	suffixes: ['', ''],
	promptMost: 2000,
	qualities: words('768p 1080p'),
	shortest: 6,
	longest: 10,
	usual: 6,
	params: ['prompt_optimizer', 'fast_pretreatment'],
} satisfies Partial<Family>;

const startAndEnd = { ...USUAL, frames: 'image_start' } satisfies Partial<Family>;
const h3 = { ...startAndEnd, promptMost: 7000, longest: 15 } satisfies Partial<Family>;
const H3_RATIOS = words('16:9 21:9 4:3 1:1 3:4 9:16');
const h3Max = {
	...h3,
	qualities: words('768p 480p'),
	shortest: 5,
	ratios: H3_RATIOS,
} satisfies Partial<Family>;

const KLING_RATIOS = words('16:9 9:16 1:1');
const kling = {
	...startAndEnd,
	promptMost: 2500,
	qualities: words('720p 1080p 4k'),
	shortest: 3,
	longest: 15,
	ratios: KLING_RATIOS,
} satisfies Partial<Family>;
const klingSound = { sound: false, soundField: 'sound' } satisfies Partial<Family>;

const SEEDANCE_RATIOS = words('adaptive 16:9 9:16 1:1 4:3 3:4 21:9');
const audio = { sound: true, soundField: 'generate_audio' } satisfies Partial<Family>;
const seedance = {
	...USUAL,
	...audio,
	promptMost: 10_000,
	qualities: words('720p 480p'),
	shortest: 4,
	longest: 15,
	ratios: SEEDANCE_RATIOS,
	ratiosWithImage: SEEDANCE_RATIOS,
} satisfies Partial<Family>;

const WAN_RATIOS = words('adaptive 16:9 9:16 1:1 4:3 3:4');
const wan = { ...startAndEnd, promptFor: [0], shortest: 2 } satisfies Partial<Family>;
const wan3 = {
	...wan,
	...audio,
	promptMost: 20_000,
	qualities: words('720p 480p 1080p'),
	longest: 30,
	ratios: WAN_RATIOS,
	ratiosWithImage: WAN_RATIOS,
	seed: [0, 2_147_483_647],
} satisfies Partial<Family>;

const row = (shownAs: string, value: string, rest: Omit<Family, 'shownAs' | 'value'>): Family => ({
	shownAs,
	value,
	...rest,
});

/** In the order of the drop-down. */
export const FAMILIES: readonly Family[] = [
	row('MiniMax Hailuo 2.3 Fast', 'MiniMax-Hailuo-2.3-Fast', {
		...HAILUO,
		images: [1],
		promptFor: [],
		params: ['prompt_optimizer'],
	}),
	row('MiniMax Hailuo 2.3', 'MiniMax-Hailuo-2.3', {
		...HAILUO,
		images: [0, 1],
		promptFor: [0, 1],
	}),
	// 512p goes with exactly one image only.
	row('MiniMax Hailuo 02', 'MiniMax-Hailuo-02', {
		...HAILUO,
		promptFor: [0],
		qualities: words('768p 512p 1080p'),
	}),
	row('MiniMax H3', 'minimax-h3', {
		...h3,
		qualities: words('768p 2k'),
		shortest: 4,
		usual: 4,
		ratios: H3_RATIOS,
	}),
	row('MiniMax H3 Max', 'minimax-h3-max', h3Max),
	row('MiniMax H3 Max Turbo', 'minimax-h3-max-turbo', h3Max),
	row('Kling 3.0', 'kling-v3', {
		...kling,
		...klingSound,
		promptFor: [0],
		negativeMost: Infinity,
	}),
	row('Kling 3.0 Turbo', 'kling-v3-turbo', {
		...kling,
		images: [0, 1],
		promptFor: [0],
		qualities: words('720p 1080p'),
	}),
	row('Kling O3', 'kling-o3', {
		...kling,
		...klingSound,
		ratiosWithImage: KLING_RATIOS,
	}),
	row('Seedance 2.5', 'seedance-2.5', {
		...seedance,
		qualities: words('720p 480p 1080p'),
		longest: 30,
		ratiosWithImage: NONE,
	}),
	row('Seedance 2.0', 'seedance-2.0', { ...seedance, qualities: words('720p 480p 1080p 4k') }),
	row('Seedance 2.0 Fast', 'seedance-2.0-fast', seedance),
	row('Seedance 2.0 Mini', 'seedance-2.0-mini', seedance),
	row('Wan 3.0', 'wan3.0', wan3),
	row('Wan 3.0 Prime', 'wan3.0-prime', wan3),
	row('Wan 2.7', 'wan2.7', {
		...wan,
		promptMost: 5000,
		qualities: words('720p 1080p'),
		longest: 15,
		ratios: words('16:9 9:16 1:1 4:3 3:4'),
		seed: [1, 2_147_483_647],
		negativeMost: 500,
	}),
	row('Gemini Omni Flash 1.1', 'gemini-omni-1.1-flash', {
		...USUAL,
		promptMost: Infinity,
		qualities: words('720p 360p 1080p 4k'),
		shortest: 3,
		longest: 10,
		usual: 3,
		ratios: words('auto 16:9 9:16'),
		ratiosWithImage: words('auto 16:9 9:16'),
	}),
	// Of its prompt, a Chinese character counts twice.
	row('HappyHorse 1.1', 'happyhorse-1.1', {
		...USUAL,
		images: [0, 1],
		promptFor: [0],
		promptMost: 5000,
		qualities: words('720p 1080p'),
		shortest: 3,
		longest: 15,
		ratios: words('16:9 9:16 1:1 4:3 3:4 4:5 5:4 9:21 21:9'),
		seed: [1, 2_147_483_647],
	}),
	row('Grok Imagine 1.5', 'grok-imagine-video-1.5-preview', {
		...USUAL,
		suffixes: ['', ''],
		images: [0, 1],
		promptFor: [0, 1],
		promptMost: 4096,
		qualities: words('480p 720p 1080p'),
		shortest: 1,
		longest: 15,
		usual: 6,
		ratios: words('auto 16:9 9:16 1:1 3:2 2:3'),
	}),
];

/** A family without an image, with a first, or with a first and a last frame. */
export interface Mode {
	family: Family;
	images: number;
	qualities: readonly string[];
	ratios: readonly string[];
}

export const MODES: readonly Mode[] = FAMILIES.flatMap((family) =>
	family.images.map((images) => ({
		family,
		images,
		qualities: family.qualities.filter((quality) => quality !== '512p' || images === 1),
		ratios: images === 0 ? family.ratios : family.ratiosWithImage,
	})),
);
