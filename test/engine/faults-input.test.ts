import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeHelpers } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import type { Sandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { testsOnOwnSandbox } from './own-sandbox';
import type { OwnSandbox } from './own-sandbox';
import { bodyField } from './traffic';
import { wholeJpeg } from './whole-images';

const evolink = useEvolink({ generationSeconds: 0 });
const itAlone = testsOnOwnSandbox(evolink);

const SUBMIT_ONLY = { waitForCompletion: false };
const UNUSABLE_IMAGE = { outcome: { status: 'failed', code: 'image_processing_error' } } as const;

const textOf = (error: unknown) => {
	const { message, description } = Object(error);
	return `${String(message)} ${String(description)}`;
};

function expectRefused({ error, rows }: EvolinkResult, sandbox: Sandbox, words: RegExp): void {
	expect(error).toMatchObject({ name: 'NodeOperationError', context: { itemIndex: 0 } });
	expect(textOf(error)).toMatch(words);
	expect(rows).toEqual([]);
	expect(sandbox.requests).toEqual([]);
}

const sentPrompts = (sandbox: Sandbox) =>
	sandbox.requestsOf('submit').map((request) => bodyField(request, 'prompt'));

describe('an object in the place of a text', () => {
	const items = [{ json: { product: { name: 'A chair' } } }];
	const camera = (cue: string) => ({
		options: { cameraSequence: { steps: [{ cue, commands: ['Pan left'] }] } },
	});
	const FIELDS: Array<[string, Record<string, unknown>, string]> = [
		['in the prompt', { prompt: '=A video of {{ $json.product }}' }, 'Prompt'],
		['in a list in the prompt', { prompt: '=A video of {{ [$json.product] }}' }, 'Prompt'],
		['in a cue', camera('=then {{ $json.product }}'), 'Cue'],
		[
			'encoded in a link',
			{ imageUrl: '=https://example.com/{{ encodeURIComponent($json.product) }}.jpg' },
			'Image URL',
		],
		[
			'half encoded in a link',
			{ imageUrl: '=https://example.com/{{ encodeURI($json.product) }}.jpg' },
			'Image URL',
		],
	];
	for (const [name, parameters, label] of FIELDS) {
		itAlone(`is refused ${name}`, async ({ sandbox, run }) => {
			const result = await run({ items, parameters });

			expectRefused(result, sandbox, /object/i);
			expect(textOf(result.error)).toContain(label);
		});
	}
});

describe('a link out of a feed', () => {
	itAlone('is sent with & for &amp;', async ({ sandbox, run }) => {
		const { rows, error } = await run({
			parameters: {
				...SUBMIT_ONLY,
				imageUrl: 'https://img.example.com/a.jpg?fit=1200&amp;s=7495&amp;v=2',
			},
		});

		expect(error).toBeUndefined();
		const link = 'https://img.example.com/a.jpg?fit=1200&s=7495&v=2';
		expect(sandbox.bill[0].imageUrl).toBe(link);
		expect(rows[0].json.imageUrl).toBe(link);
	});

	itAlone('is sent with & for &amp; as the last frame, too', async ({ sandbox, run }) => {
		const { error } = await run({
			parameters: {
				...SUBMIT_ONLY,
				model: 'MiniMax-Hailuo-02',
				prompt: 'A cat',
				lastImageSource: 'url',
				lastImageUrl: 'https://img.example.com/b.jpg?a=1&amp;b=2',
			},
		});

		expect(error).toBeUndefined();
		expect(sandbox.bill[0].lastImageUrl).toBe('https://img.example.com/b.jpg?a=1&b=2');
	});
});

async function useFile({ run }: OwnSandbox, bytes: Buffer): Promise<EvolinkResult> {
	const data = await evolink.engine.storeBinary(bytes, 'a.jpg', 'image/jpeg');
	return await run({
		items: [{ json: {}, binary: { data } }],
		parameters: { ...SUBMIT_ONLY, imageSource: 'binary' },
	});
}

describe('a file that no model reads', () => {
	const ftyp = (major: string, ...compatible: string[]) => {
		const head = Buffer.from(`\0\0\0\0ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
		head.writeUInt32BE(head.length, 0);
		return Buffer.concat([head, Buffer.alloc(2000)]);
	};
	const psd = (version: number) =>
		Buffer.concat([
			Buffer.from(`8BPS\0${String.fromCharCode(version)}`, 'latin1'),
			Buffer.alloc(2000),
		]);
	const OTHERS: Array<[string, Buffer, RegExp, RegExp]> = [
		['HEIF of the brand mif3', ftyp('mif3', 'mif3', 'heic'), /HEI[CF]/, /video|AVIF/],
		['HEIF of the brand avci', ftyp('avci', 'mif1', 'avci'), /HEI[CF]/, /video|AVIF/],
		['HEIF of the brand vvic', ftyp('vvic', 'mif1', 'vvic'), /HEI[CF]/, /video|AVIF/],
		['HEIF of the brand mif2', ftyp('mif2', 'heic'), /HEI[CF]/, /video|AVIF/],
		['AVIF whose major brand is mif1', ftyp('mif1', 'mif1', 'avif', 'miaf'), /AVIF/, /HEIC|video/],
		['AVIF whose major brand is msf1', ftyp('msf1', 'avis', 'miaf'), /AVIF/, /HEIC|video/],
		['PSD', psd(1), /Photoshop|PSD/, /damaged/],
		['PSB', psd(2), /Photoshop|PSB/, /damaged/],
	];
	for (const [name, bytes, words, notWords] of OTHERS) {
		itAlone(`is called what it is: ${name}`, async (own) => {
			const result = await useFile(own, bytes);

			expectRefused(result, own.sandbox, words);
			expect(result.error?.message).not.toMatch(notWords);
		});
	}

	const JPEGS: Array<[string, Buffer]> = [
		['lossless', wholeJpeg(800, 600, { frameMarker: 0xc3 })],
		['lossless and arithmetic', wholeJpeg(800, 600, { frameMarker: 0xcb })],
		['lossless of 16 bits', wholeJpeg(800, 600, { frameMarker: 0xc3, bitsPerSample: 16 })],
		['of 12 bits', wholeJpeg(800, 600, { frameMarker: 0xc1, bitsPerSample: 12 })],
		['of 12 bits, progressive', wholeJpeg(800, 600, { frameMarker: 0xc2, bitsPerSample: 12 })],
		['of 65535 × 65535 pixels', wholeJpeg(65_535, 65_535)],
	];
	for (const [name, bytes] of JPEGS) {
		itAlone(`is refused before anything is sent: a JPEG ${name}`, async (own) => {
			expectRefused(await useFile(own, bytes), own.sandbox, /lossless|bit|pixels|JPEG/);
		});
	}
});

describe('a File Name from a long prompt', () => {
	const nameFor = async ({ run }: OwnSandbox, fileName: string) => {
		const { rows, error } = await run({ parameters: { options: { fileName } } });
		expect(error).toBeUndefined();
		return String(rows[0].binary?.data.fileName);
	};
	const LONG: Record<string, string> = {
		'371 letters': 'a slow walk '.repeat(31).slice(0, 371),
		'371 characters of three bytes': '猫'.repeat(371),
		'371 characters of four bytes': '🎬'.repeat(371),
		'one byte, then characters of four': `x${'🎬'.repeat(371)}`,
		'an extension of its own': `${'a'.repeat(371)}.mp4`,
	};
	for (const [name, fileName] of Object.entries(LONG)) {
		itAlone(`is cut to 200 bytes, between characters: ${name}`, async (own) => {
			const cut = await nameFor(own, fileName);

			expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(200);
			expect(Buffer.byteLength(cut)).toBeGreaterThan(180);
			expect(cut).toMatch(/[^.]\.mp4$/);
			expect(fileName.startsWith(cut.replace(/\.mp4$/, '').trimEnd())).toBe(true);
			expect(cut).not.toMatch(/\p{Cs}/u);
		});
	}
});

describe("an agent's words for a camera movement", () => {
	for (const [words, command] of [
		['Crane up', 'Pedestal up'],
		['Dolly in', 'Push in'],
		['move in', 'Push in'],
		['dolly-out', 'Pull out'],
		['crane down', 'Pedestal down'],
		['Track left', 'Truck left'],
		['track right', 'Truck right'],
		['Handheld', 'Shake'],
		['locked off', 'Static shot'],
		['follow', 'Tracking shot'],
		['[Crane up, Dolly in]', 'Pedestal up,Push in'],
	]) {
		itAlone(`mean one of the 15: ${words}`, async ({ sandbox, run }) => {
			const { error } = await run({
				parameters: { ...SUBMIT_ONLY, prompt: 'A cat', cameraCommands: `={{ "${words}" }}` },
			});

			expect(error).toBeUndefined();
			expect(sentPrompts(sandbox)).toEqual([`A cat [${command}]`]);
		});
	}
});

describe('a command typed into the prompt', () => {
	for (const [typed, sent] of [
		['A cat [Push In]', /^A cat \[Push in\]$/],
		[
			'A cat [pan LEFT, zoom in] and [Static Shot]',
			/^A cat \[Pan left, ?Zoom in\] and \[Static shot\]$/,
		],
		['[TRACKING SHOT] of a cat', /^\[Tracking shot\] of a cat$/],
	] as const) {
		itAlone(
			`is sent as the API writes it, and gets no hint: ${typed}`,
			async ({ sandbox, run }) => {
				const { hints, error } = await run({ parameters: { ...SUBMIT_ONLY, prompt: typed } });

				expect(error).toBeUndefined();
				expect(sentPrompts(sandbox)).toEqual([expect.stringMatching(sent)]);
				expect(hints).toEqual([]);
			},
		);
	}
});

/** The page of each service that opens in a browser and holds no image. */
const SHARE_PAGES: Array<[name: string, link: string]> = [
	['Google Drive', 'https://drive.google.com/file/d/1aBcD/view?usp=sharing'],
	['Google Photos', 'https://photos.app.goo.gl/AbCdEf123'],
	['Google Photos', 'https://photos.google.com/share/AF1Qip/photo/AF1Qip2'],
	['iCloud', 'https://share.icloud.com/photos/0aBcDeF'],
	['iCloud', 'https://www.icloud.com/iclouddrive/0aBcDeF#cat.jpg'],
	['WeTransfer', 'https://we.tl/t-AbCdEf'],
	['WeTransfer', 'https://wetransfer.com/downloads/0123456789abcdef'],
	['Pinterest', 'https://www.pinterest.com/pin/1234567890/'],
	['Pinterest', 'https://pin.it/AbCdEf'],
	['YouTube', 'https://www.youtube.com/watch?v=dQw4w9WgXcQ'],
	['YouTube', 'https://youtu.be/dQw4w9WgXcQ'],
	['Canva', 'https://www.canva.com/design/DAF123/view'],
	['Unsplash', 'https://unsplash.com/photos/a-cat-on-a-chair-AbCdEf'],
	['Instagram', 'https://www.instagram.com/p/AbCdEf/'],
	['OneDrive', 'https://1drv.ms/i/s!AbCdEf'],
];

describe('a link to a share page', () => {
	for (const [name, link] of SHARE_PAGES) {
		itAlone(
			`is told in a hint and in the error of a failed task, with a node that exists: ${link}`,
			async (own) => {
				const parameters = { imageUrl: link };
				const fine = await own.run({ parameters });
				own.sandbox.planTask(UNUSABLE_IMAGE);
				const failed = await own.run({ parameters });

				for (const words of [String(fine.hints[0]?.message), textOf(failed.error)]) {
					expect(words).toContain(name);
					expect(words).toContain('HTTP Request');
					// n8n has a node for the first only.
					if (name !== 'Google Drive') expect(words).not.toMatch(`(${name} or`);
				}
			},
		);
	}

	for (const [ending, words] of [
		['gif', /GIF/],
		['svg', /SVG/],
		['html', /page|HTML/],
	] as const) {
		itAlone(`or to another kind of file gets a hint: .${ending}`, async ({ run }) => {
			const link = `https://example.com/cat.${ending}?size=large`;
			const { hints } = await run({ parameters: { ...SUBMIT_ONLY, imageUrl: link } });

			expect(hints).toHaveLength(1);
			expect(hints[0].message).toMatch(words);
		});
	}

	for (const link of [
		'https://images.unsplash.com/photo-1514888286974?w=1080',
		'https://i.pinimg.com/originals/aa/bb/cc.jpg',
	]) {
		itAlone(`is another thing than the image itself: ${link}`, async ({ run }) => {
			const { hints } = await run({ parameters: { ...SUBMIT_ONLY, imageUrl: link } });

			expect(hints).toEqual([]);
		});
	}
});

describe('the refusal of a link', () => {
	for (const given of [
		'example.com/a.jpg',
		'ftp://example.com/a.jpg',
		'C:\\images\\a.jpg',
		'https:/example.com/a.jpg',
		'a cat',
	]) {
		itAlone(`quotes what was given: ${given}`, async ({ sandbox, run }) => {
			const result = await run({ parameters: { imageUrl: given } });

			expectRefused(result, sandbox, /Image URL/);
			expect(textOf(result.error)).toContain(given);
		});
	}

	itAlone('quotes no more than 500 characters', async ({ sandbox, run }) => {
		const given = `data:image/png;base64,${'A'.repeat(5_000)}`;
		const result = await run({ parameters: { imageUrl: given } });

		expectRefused(result, sandbox, /data:image\/png/);
		expect(textOf(result.error).length).toBeLessThan(1_200);
	});
});

describe('Rehearse (No Cost)', () => {
	it('is turned on by adding the option, and by nothing else', async () => {
		const { nodes } = await evolink.engine.packageTypes();
		const { description } = NodeHelpers.getVersionedNodeType(nodes['n8n-nodes-evolink.evolink'], 1);
		const collections = description.properties.filter(({ name }) => name === 'options');
		const options = collections.flatMap((collection) =>
			(collection.options ?? []).filter((one): one is INodeProperties => 'type' in one),
		);
		const rehearse = options.filter(({ name }) => name === 'rehearse');
		expect(rehearse.map((one) => one.default)).toEqual(rehearse.map(() => true));
		expect(rehearse.length).toBeGreaterThan(0);

		await evolink.run({ parameters: { ...SUBMIT_ONLY, options: { timeout: 60 } } });
		expect(evolink.sandbox.bill).toHaveLength(1);
	});
});

describe('a status word', () => {
	for (const status of ['COMPLETED', ' Completed ', 'completed\n']) {
		itAlone(`is itself in any case and with spaces: ${JSON.stringify(status)}`, async (own) => {
			own.sandbox.planTask({ rawTask: { status } });
			const { rows, error } = await own.run({ parameters: { options: { timeout: 60 } } });

			expect(error).toBeUndefined();
			expect(rows[0].json).toMatchObject({ isFinished: true, isSuccess: true });
			expect(rows[0].binary?.data).toBeDefined();
		});
	}

	for (const status of ['FAILED', ' Failed', 'Cancelled']) {
		itAlone(`is a failure in any case and with spaces: ${JSON.stringify(status)}`, async (own) => {
			const error = { code: 'service_error', message: 'No', type: 'task_error' };
			own.sandbox.planTask({ rawTask: { status, error } });
			const result = await own.run({ parameters: { options: { timeout: 60 } } });

			expect(result.error?.message).toContain('service_error');
		});
	}

	for (const status of ['succeeded', 'canceled', 'SUCCESS']) {
		itAlone(`that is not known is not waited out for longer: ${status}`, async (own) => {
			own.sandbox.planTask({ rawTask: { status } });
			const { error } = await own.run({ parameters: { options: { timeout: 60 } } });

			expect(textOf(error)).toContain(status);
			expect(textOf(error)).toContain(own.sandbox.bill[0].taskId);
			expect(textOf(error)).not.toMatch(/[Tt]o wait longer, raise/);
			expect(textOf(error)).toMatch(/(does|will|would) not (help|change)|no use|longer/);
		});
	}
});

/** A box of an MP4. */
function box(type: string, ...content: Uint8Array[]): Buffer {
	const body = Buffer.concat([Buffer.from(`\0\0\0\0${type}`, 'latin1'), ...content]);
	body.writeUInt32BE(body.length, 0);
	return body;
}

/** The boxes in a part of an MP4, in order. */
function boxesIn(bytes: Buffer): Array<{ type: string; bytes: Buffer }> {
	const boxes: Array<{ type: string; bytes: Buffer }> = [];
	for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
		const one = bytes.subarray(at, at + bytes.readUInt32BE(at));
		boxes.push({ type: one.toString('latin1', 4, 8), bytes: one });
	}
	return boxes;
}

describe('Video > Join', () => {
	const clip = (name: string) =>
		readFileSync(join(__dirname, '../../sandbox/clips', `${name}.mp4`));
	const PLAIN = clip('first-frame-768p-6s');

	/** The clip with another index behind the old one, which becomes free space. */
	function withIndex(change: (boxes: Buffer[], track: Buffer) => Buffer[]): Buffer {
		const file = boxesIn(PLAIN);
		const index = file.find(({ type }) => type === 'moov')!.bytes;
		const parts = boxesIn(index.subarray(8)).filter(({ type }) => type !== 'udta');
		const track = parts.find(({ type }) => type === 'trak')!.bytes;
		const changed = change(
			parts.map(({ bytes }) => bytes),
			track,
		);
		return Buffer.concat([
			...file.map(({ type, bytes }) => (type === 'moov' ? box('free', bytes.subarray(8)) : bytes)),
			box('moov', ...changed),
		]);
	}

	const tagged = (text: string) => box('udta', box('\xa9nam', Buffer.from(text)));
	const c2pa = box(
		'uuid',
		Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex'),
		Buffer.alloc(64),
	);
	const subtitles = (track: Buffer) => {
		const copy = Buffer.from(track);
		copy.write('sbtl', copy.indexOf('vide'), 'latin1');
		copy.writeUInt32BE(2, copy.indexOf('tkhd') + 16);
		return copy;
	};
	const BESIDE: Record<string, Buffer> = {
		'tags such as titles': withIndex((boxes) => [...boxes, tagged('My holiday')]),
		'tags such': withIndex((boxes) => [...boxes, tagged('AIGC: {"Label":"1"}')]),
		'C2PA marks': Buffer.concat([withIndex((boxes) => boxes), c2pa]),
		subtitles: withIndex((boxes, track) => [...boxes, subtitles(track)]),
	};

	async function joined({ run }: OwnSandbox, clips: Buffer[], fileName = 'film') {
		const items = clips.map(async (bytes) => ({
			json: {},
			binary: { data: await evolink.engine.storeBinary(bytes, 'clip.mp4', 'video/mp4') },
		}));
		const result = await run({
			items: await Promise.all(items),
			parameters: { resource: 'video', operation: 'join', options: { fileName } },
		});
		expect(result.error).toBeUndefined();
		return result;
	}

	for (const [name, bytes] of Object.entries(BESIDE)) {
		itAlone(`says in a hint what it leaves out: ${name}`, async (own) => {
			const { hints } = await joined(own, [withIndex((boxes) => boxes), bytes]);

			expect(hints).toHaveLength(1);
			expect(hints[0].message).toMatch(new RegExp(`Left out: .*${name}`));
		});
	}

	itAlone('says nothing where it leaves nothing out', async (own) => {
		const clean = withIndex((boxes) => boxes);
		const { hints } = await joined(own, [clean, clean]);

		expect(hints).toEqual([]);
	});

	itAlone('cuts a long File Name to 200 bytes, too', async (own) => {
		const { rows } = await joined(own, [PLAIN], '猫'.repeat(371));

		expect(Buffer.byteLength(String(rows[0].binary?.data.fileName))).toBeLessThanOrEqual(200);
		expect(rows[0].binary?.data.fileName).toMatch(/^猫+\.mp4$/);
	});
});
