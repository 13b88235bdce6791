import { PICTURE_LINK, useEvolink } from './evolink-workflow';

const evolink = useEvolink();

/** Only the submission is of interest here: nothing is waited for. */
const SUBMIT_ONLY = { waitForCompletion: false };

const BODY_BY_DEFAULT = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	image_urls: [PICTURE_LINK],
	quality: '768p',
	duration: 6,
	model_params: { prompt_optimizer: true },
};

/** The bodies that arrived, in the order of their arrival. */
function sentBodies(): unknown[] {
	return evolink.sandbox.requestsOf('submit').map(({ body }) => body);
}

function sentPrompts(): unknown[] {
	return sentBodies().map((body) => Reflect.get(Object(body), 'prompt'));
}

afterEach(() => {
	expect(evolink.sandbox.violations).toEqual([]);
});

describe('The request for a video', () => {
	it('holds the picture and the defaults, and no field that the model does not know', async () => {
		const { error } = await evolink.run({ parameters: SUBMIT_ONLY });

		expect(error).toBeUndefined();
		expect(sentBodies()).toEqual([BODY_BY_DEFAULT]);
	});

	it('goes to the API as JSON, with the key as Bearer token and the name of this package', async () => {
		await evolink.run({ parameters: SUBMIT_ONLY });

		const [request] = evolink.sandbox.requests;
		expect(request).toMatchObject({ method: 'POST', path: '/v1/videos/generations' });
		expect(request.headers).toMatchObject({
			authorization: `Bearer ${evolink.sandbox.apiKey}`,
			'user-agent': expect.stringMatching(/^n8n-nodes-evolink\/\d+\.\d+\.\d+/),
			accept: 'application/json',
		});
		expect(request.headers['content-type']).toMatch(/^application\/json/);
	});

	it.each([
		['is left empty', ''],
		['holds nothing but blanks and line breaks', ' \n\t '],
		['comes as null by expression', '={{ null }}'],
	])('has no prompt when the field %s', async (_case, prompt) => {
		const { error } = await evolink.run({ parameters: { ...SUBMIT_ONLY, prompt } });

		expect(error).toBeUndefined();
		expect(sentBodies()).toEqual([BODY_BY_DEFAULT]);
	});

	it('carries quality, duration and prompt optimization as they were chosen', async () => {
		const { error } = await evolink.run({
			items: [
				{ json: { quality: '1080p', duration: 6, optimize: false } },
				{ json: { quality: '768p', duration: 10, optimize: true } },
			],
			parameters: {
				...SUBMIT_ONLY,
				quality: '={{ $json.quality }}',
				duration: '={{ $json.duration }}',
				options: { promptOptimizer: '={{ $json.optimize }}', maxConcurrent: 1 },
			},
		});

		expect(error).toBeUndefined();
		expect(sentBodies()).toEqual([
			{ ...BODY_BY_DEFAULT, quality: '1080p', model_params: { prompt_optimizer: false } },
			{ ...BODY_BY_DEFAULT, duration: 10 },
		]);
	});

	it('takes numbers and yes or no that come as text from a spreadsheet', async () => {
		const { error, rows } = await evolink.run({
			items: [
				{
					json: {
						duration: '10',
						no: 'false',
						yes: 'TRUE',
						number: ' 30 ',
						prompt: 2024,
					},
				},
				{ json: { duration: '6', no: 'False', yes: 'true', number: '1', prompt: '2025' } },
			],
			parameters: {
				prompt: '={{ $json.prompt }}',
				duration: '={{ $json.duration }}',
				waitForCompletion: '={{ $json.no }}',
				downloadVideo: '={{ $json.yes }}',
				simplify: '={{ $json.yes }}',
				options: {
					promptOptimizer: '={{ $json.no }}',
					timeout: '={{ $json.number }}',
					pollInterval: '={{ $json.number }}',
					maxConcurrent: '={{ $json.number }}',
				},
			},
		});

		expect(error).toBeUndefined();
		const optimizerOff = { model_params: { prompt_optimizer: false } };
		expect(sentBodies()).toHaveLength(2);
		expect(sentBodies()).toEqual(
			expect.arrayContaining([
				{ ...BODY_BY_DEFAULT, ...optimizerOff, prompt: '2024', duration: 10 },
				{ ...BODY_BY_DEFAULT, ...optimizerOff, prompt: '2025' },
			]),
		);
		expect(rows.map(({ json }) => json.status)).toEqual(['pending', 'pending']);
	});

	it('carries the link without blanks around it, percent-encoded where a link demands it', async () => {
		const { error } = await evolink.run({
			items: [
				{ json: { link: '  https://example.com/a.jpg \n' } },
				{ json: { link: 'https://example.com/my%20cat-ä.jpg?v=1&w=a%20b' } },
				{ json: { link: 'HTTP://EXAMPLE.com/already%20there.png' } },
			],
			parameters: {
				...SUBMIT_ONLY,
				imageUrl: '={{ $json.link }}',
				options: { maxConcurrent: 1 },
			},
		});

		expect(error).toBeUndefined();
		expect(evolink.sandbox.bill.map(({ imageUrl }) => imageUrl)).toEqual([
			'https://example.com/a.jpg',
			'https://example.com/my%20cat-%C3%A4.jpg?v=1&w=a%20b',
			'http://example.com/already%20there.png',
		]);
	});
});

describe('The prompt that is sent', () => {
	it('is the words, then the commands in one bracket, then the steps of the sequence', async () => {
		const { error } = await evolink.run({
			parameters: {
				...SUBMIT_ONLY,
				prompt: 'A cat looks up',
				cameraCommands: ['Pan left', 'Zoom in'],
				options: {
					cameraSequence: {
						steps: [
							{ cue: 'slowly', commands: ['Push in'] },
							{ cue: 'then quickly', commands: ['Pull out'] },
						],
					},
				},
			},
		});

		expect(error).toBeUndefined();
		expect(sentPrompts()).toEqual([
			'A cat looks up [Pan left,Zoom in] slowly [Push in] then quickly [Pull out]',
		]);
	});
});

describe('The way from submission to video', () => {
	it('is one submission, then status reads with the key, then the link without the key; only the first has an Idempotency-Key', async () => {
		evolink.sandbox.planTask({ generationSeconds: 0 });
		const { error } = await evolink.run({ parameters: {} });

		expect(error).toBeUndefined();
		const [{ taskId }] = evolink.sandbox.bill;
		const { requests } = evolink.sandbox;
		expect(requests.map(({ kind, method }) => `${method} ${kind}`)).toEqual([
			'POST submit',
			'GET read',
			'GET media',
		]);
		expect(requests[1].path).toBe(`/v1/tasks/${taskId}`);
		expect(requests[1].headers.authorization).toBe(`Bearer ${evolink.sandbox.apiKey}`);
		expect(JSON.stringify(requests[2].headers)).not.toContain(evolink.sandbox.apiKey);
		expect(requests[2].headers.authorization).toBeUndefined();
		expect(requests.map(({ headers }) => 'idempotency-key' in headers)).toEqual([
			true,
			false,
			false,
		]);
	});
});
