/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { inspect } from 'node:util';

import type { Fault, FaultAction, Sandbox } from '../../sandbox';
import { startSandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { SPEED } from './quick-clock';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { sideBySide, useLastingSandbox } from './concurrent-tests';
import { promptFor } from './traffic';

const evolink = useEvolink();

/** Keys that look different in JSON, in a URL or in both; none of them opens anything. */
const KEYS = [
	'sk-plain-0123456789abcdef',
	'sk/slash+plus=equals==0123',
	'sk"quote\\backslash"0123',
	'sk-$&-percent%41-0123',
];

/** No HTTP header can hold it. */
const KEY_WITH_A_LINE_BREAK = 'sk-line\nbreak-0123';

const sandboxes = KEYS.map((apiKey) => useLastingSandbox({ apiKey }));

/** JSON may spell each character of a text by its code, and some libraries escape slashes. */
const SPELLINGS: Array<{ spelling: string; spell: (key: string) => string }> = [
	{ spelling: 'as JSON.stringify does', spell: (key) => JSON.stringify(key).slice(1, -1) },
	{
		spelling: 'with escaped slashes',
		spell: (key) => JSON.stringify(key).slice(1, -1).replaceAll('/', '\\/'),
	},
	{
		spelling: 'by character codes',
		spell: (key) =>
			[...key].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
	},
	{ spelling: 'percent-encoded', spell: (key) => encodeURIComponent(key) },
];

interface Echo {
	name: string;
	apiKey: string;
	/** What goes wrong, given the key in one of its spellings. */
	faults: (spelledKey: string, sandboxUrl: string) => Fault[];
	spell: (key: string) => string;
	withPicture?: boolean;
	/** Whether the item succeeds. */
	succeeds?: boolean;
	/** Whether it waits until its time is up. */
	timesOut?: boolean;
}

function jsonBody(body: string): FaultAction {
	return { kind: 'garbage', body };
}

/** Answers in which the API repeats the key, wherever the node shows what the API said. */
const ECHOES: Array<Omit<Echo, 'name' | 'apiKey' | 'spell'> & { where: string }> = [
	{
		where: 'the reason of a failed task',
		faults: (key) => {
			const error = `{"code":"code of ${key}","message":"No credits for ${key}."}`;
			const task = `{"id":"task-unified-1-abcdefgh","status":"failed","error":${error}}`;
			return [{ on: 'read', fault: jsonBody(task) }];
		},
	},
	{
		where: 'the status of a task',
		timesOut: true,
		faults: (key) => {
			const task = `{"id":"task-unified-1-abcdefgh","status":"owned by ${key}"}`;
			return [{ on: 'read', times: Infinity, fault: jsonBody(task) }];
		},
	},
	{
		where: 'the model and the links of a completed task',
		succeeds: true,
		faults: (key, sandboxUrl) => {
			const links = `"${sandboxUrl}/nowhere?key=${key}","https://${key}@example.com/"`;
			const rest = `"model":"${key}","results":[${links}],"${key}":{"deep":["${key}"]}`;
			const task = `{"id":"task-unified-1-abcdefgh","status":"completed",${rest}}`;
			return [{ on: 'read', fault: jsonBody(task) }];
		},
	},
	{
		where: 'an upload that is refused',
		withPicture: true,
		faults: (key) => {
			const answer = `{"success":false,"code":401,"msg":"${key} is not known"}`;
			return [{ on: 'upload', fault: jsonBody(answer) }];
		},
	},
];

/** Error answers take the words themselves and spell them as JSON does. */
const ERROR_ANSWERS: Array<{
	where: string;
	on: 'submit' | 'read';
	fault(key: string): FaultAction;
}> = [
	{
		where: 'an error answer to a submission',
		on: 'submit',
		fault: (key) => ({
			kind: 'status',
			status: 400,
			message: `${key} may not do that`,
			code: key,
			param: key,
		}),
	},
	{
		where: 'an error answer to a read',
		on: 'read',
		fault: (key) => ({ kind: 'status', status: 401, message: `Bearer ${key} is not valid` }),
	},
	{
		where: 'the target of a redirect',
		on: 'submit',
		fault: (key) => ({
			kind: 'redirect',
			location: `https://example.com/?token=${encodeURIComponent(key)}`,
		}),
	},
];

const asWritten = (key: string) => key;

const CASES: Echo[] = KEYS.flatMap((apiKey) => [
	...ECHOES.flatMap(({ where, ...echo }) =>
		SPELLINGS.map(({ spelling, spell }) => ({
			...echo,
			spell,
			apiKey,
			name: `${apiKey} in ${where}, spelled ${spelling}`,
		})),
	),
	...ERROR_ANSWERS.map(({ where, on, fault }) => ({
		faults: (key: string): Fault[] => [{ on, fault: fault(key) }],
		spell: asWritten,
		apiKey,
		name: `${apiKey} in ${where}`,
	})),
]);

interface Outcome {
	result: EvolinkResult;
	continued: EvolinkResult;
}

async function withPicture(): Promise<EvolinkRun> {
	const picture = await evolink.engine.storeBinary(
		imageBytes('png', 640, 480),
		'a.png',
		'image/png',
	);
	return {
		items: [{ json: {}, binary: { data: picture } }],
		parameters: { imageSource: 'binary' },
	};
}

async function echo(one: Echo): Promise<Outcome> {
	const sandbox = sandboxes[KEYS.indexOf(one.apiKey)].current;
	const picture = one.withPicture ? await withPicture() : {};
	const prompt = promptFor(`case ${CASES.indexOf(one)}`);
	const run: EvolinkRun = {
		sandbox,
		...picture,
		parameters: {
			...picture.parameters,
			prompt,
			simplify: false,
			downloadVideo: false,
			options: { timeout: (one.timesOut ? 2 : 15) * SPEED },
		},
	};
	const addFault = () => {
		for (const fault of one.faults(one.spell(one.apiKey), sandbox.url)) {
			// Uploads know no prompt: each takes the next fault of its kind.
			const match = fault.on === 'upload' ? {} : { match: { promptIncludes: prompt } };
			sandbox.addFault({ ...fault, ...match });
		}
	};
	addFault();
	const result = await evolink.run(run);
	addFault();
	const continued = await evolink.run({ ...run, node: { onError: 'continueRegularOutput' } });
	return { result, continued };
}

/** The key as it is, as JSON writes it and as a URL holds it. */
function formsOf(apiKey: string): string[] {
	return [apiKey, JSON.stringify(apiKey).slice(1, -1), encodeURIComponent(apiKey)];
}

function expectWithoutKey(text: string, apiKey: string): void {
	for (const form of formsOf(apiKey)) expect(text).not.toContain(form);
}

describe('the API key stays secret when the API repeats it', () => {
	const outcomeOf = sideBySide(CASES, echo);

	it.each(CASES)('$name', async (one) => {
		const { result, continued } = await outcomeOf(one);

		if (one.succeeds) expect(result.rows).toHaveLength(1);
		else expect(result.error).toBeDefined();
		expect(continued.rows).toHaveLength(1);
		for (const { run, error, rows } of [result, continued]) {
			expectWithoutKey(JSON.stringify(run), one.apiKey);
			expectWithoutKey(inspect(run, { depth: 30 }), one.apiKey);
			expectWithoutKey(`${error?.message} ${String(error?.description)}`, one.apiKey);
			expectWithoutKey(String(error?.stack), one.apiKey);
			for (const text of textsIn(rows)) expectWithoutKey(text, one.apiKey);
		}
		// What the API said is shown with a mark in the key's place.
		expect(JSON.stringify([result.run, continued.run])).toContain('[API key]');
	});
});

/** Every text in a value, keys of objects included. */
function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, each]) => [name, ...textsIn(each)]);
}

describe('the API key is in no output, error or log', () => {
	const faults: Array<{ name: string; arrange: (sandbox: Sandbox) => void }> = [
		{ name: 'all is well', arrange: () => {} },
		{
			name: 'the connection breaks off',
			arrange: (sandbox) => {
				sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });
			},
		},
		{
			name: 'reads break off until the deadline',
			arrange: (sandbox) => {
				const fault: FaultAction = { kind: 'reset-before-acceptance' };
				sandbox.addFault({ on: 'read', times: Infinity, fault });
			},
		},
		{
			name: 'a read stalls until the deadline',
			arrange: (sandbox) => {
				sandbox.addFault({ on: 'read', fault: { kind: 'stall' } });
			},
		},
		{
			name: 'the file cannot be fetched',
			arrange: (sandbox) => {
				sandbox.addFault({ on: 'media', fault: { kind: 'status', status: 404 } });
			},
		},
	];
	const outcomeOf = sideBySide(faults, async ({ arrange }) => {
		const sandbox = await startSandbox({ generationSeconds: 0, apiKey: KEYS[1] });
		try {
			arrange(sandbox);
			const result = await evolink.run({
				sandbox,
				parameters: { options: { timeout: 2 * SPEED } },
			});
			return { result, violations: [...sandbox.violations] };
		} finally {
			await sandbox.close();
		}
	});

	it.each(faults)('when $name', async (one) => {
		const { result, violations } = await outcomeOf(one);

		expectWithoutKey(JSON.stringify(result.run), KEYS[1]);
		expectWithoutKey(inspect(result.run, { depth: 30 }), KEYS[1]);
		expect(violations).toEqual([]);
	});

	it.each([
		{ name: 'nobody listens', credential: { baseUrl: 'http://127.0.0.1:1' } },
		{ name: 'the host name is unknown', credential: { baseUrl: 'http://nowhere.invalid' } },
		{ name: 'the key cannot be sent in a header', credential: { apiKey: KEY_WITH_A_LINE_BREAK } },
		{ name: 'the key is wrong', credential: { apiKey: KEYS[0] } },
	])('when $name', async ({ credential }) => {
		const apiKey = credential.apiKey ?? evolink.sandbox.apiKey;
		const { run, error } = await evolink.run({
			credential,
			parameters: { options: { timeout: SPEED } },
		});

		expect(error).toBeDefined();
		expectWithoutKey(JSON.stringify(run), apiKey);
		expectWithoutKey(inspect(run, { depth: 30 }), apiKey);
	});
});

it('the API keys are not in the log of all this', () => {
	const log = evolink.engine.logLines().join('\n');
	const keys = [...KEYS, KEY_WITH_A_LINE_BREAK, evolink.sandbox.apiKey];
	for (const apiKey of keys) expectWithoutKey(log, apiKey);
});
