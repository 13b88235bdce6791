import fc from 'fast-check';

/** What one item holds for one field, or what the workflow file holds for all of them. */
export interface Cell {
	/** Undefined: the field is missing. */
	value: unknown;
	/** Whether the node must take it, must refuse it, or may do either. */
	kind: 'valid' | 'wrong' | 'anything';
}

/** How a field gets its value. */
export type Way = 'fixed' | 'expression' | 'words around an expression' | 'absent';

/** One execution of the node: its settings, and what its items bring along. */
export interface GeneratedExecution {
	operation: 'create' | 'get';
	/** By field. */
	ways: Readonly<Record<string, Way>>;
	fixed: Readonly<Record<string, Cell>>;
	/**
	 * Whether something else stands in the workflow file where the options or the steps of the camera
	 * sequence should be; n8n drops most of it before the node is asked.
	 */
	nonsenseFor: 'nothing' | 'options' | 'cameraSequence' | 'steps';
	nonsense: unknown;
	/** Cells of each item, by field. */
	items: ReadonlyArray<Readonly<Record<string, Cell>>>;
	continueOnFail: boolean;
}

interface Field {
	valid: fc.Arbitrary<unknown>;
	/** Values that the node must refuse; some of them would do in another field. */
	nearMisses?: unknown[];
	/** Lies in the collection 'Options', or in a step of the camera sequence. */
	isOption?: boolean;
	/** Whether the node takes it when the expression resolves to nothing. */
	mayBeNothing?: boolean;
	/** Whether the workflow file may leave it out. */
	mayBeAbsent?: boolean;
	/** Values that are taken, but would make the test wait, or an item wait in vain. */
	isTooSlow?: (value: unknown) => boolean;
}

const either = (...values: unknown[]) => fc.constantFrom(...values);

const yesOrNo = either(true, false, 'true', 'false', ' TRUE ', 'False');

const COMMANDS = ['Pan left', 'Zoom in', 'Push in', 'Static shot', 'Tracking shot', 'Shake'];

const commands = fc.oneof(
	fc.subarray(COMMANDS, { maxLength: 3 }),
	fc.subarray(COMMANDS, { maxLength: 3 }).map((list) => list.join(', ')),
	fc.constant([' Pan left ']),
);

const promptText = fc.oneof(
	either(
		'A cat looks up',
		'',
		'  ',
		'Ümläute and 猫',
		'😀'.repeat(700),
		42,
		'[Pan left] by hand',
		'[nothing]',
	),
	fc.string({ unit: 'binary', maxLength: 300 }).map(notAnExpression),
	// Halves of a pair, which no UTF-8 can hold.
	fc.constantFrom('\ud83d', 'a\udc00b', '\ud83d\ud83d'),
);

/** n8n takes a text that begins so for an expression. */
function notAnExpression(text: string): string {
	return text.replace(/^=+/, '').replaceAll('{{', '((');
}

/** Of an execution that never waits, or of one that may. */
type Patience = 'never waits' | 'may wait';

/** No longer than this, or an execution that waits would take forever. */
const LONGEST_POLL_INTERVAL_SECONDS = 3;

/** As a number where a text or a number stands for one, and NaN for all else. */
function numberIn(value: unknown): number {
	return typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
}

function isLongPause(value: unknown): boolean {
	return numberIn(value) > LONGEST_POLL_INTERVAL_SECONDS;
}

function meansYes(value: unknown): boolean {
	return typeof value !== 'object' && String(value).trim().toLowerCase() === 'true';
}

/** An item that waits for its turn among others would have none left. */
const SHORTEST_TIMEOUT_SECONDS = 10;

function isShortTimeout(value: unknown): boolean {
	return numberIn(value) >= 1 && numberIn(value) < SHORTEST_TIMEOUT_SECONDS;
}

function waitOptions(patience: Patience): Record<string, Field> {
	const isOption = true;
	return {
		timeout: {
			valid: either(20, 900, '30', 25.5, 1e12, 1e308),
			isOption,
			nearMisses: [0, 0.999, -1, '30 s', [30]],
			isTooSlow: isShortTimeout,
		},
		pollInterval: {
			valid: patience === 'may wait' ? either(1, 1.5, '2') : either(1, 30, '2', 1e12),
			isOption,
			isTooSlow: patience === 'may wait' ? isLongPause : undefined,
		},
		onTimeout: { valid: either('error', 'returnTask'), nearMisses: ['Error', 'fail'], isOption },
		maxConcurrent: {
			valid: either(1, 2, 5, '7', 20, 100),
			nearMisses: [0, 101, 2.5, '7a', [5]],
			isOption,
		},
		outputPropertyName: { valid: either('data', 'video', ' film ', '', 7, '__proto__'), isOption },
		fileName: {
			valid: either('cat.mp4', '', '../../etc/passwd', 'a'.repeat(3_000), '\ud83d', '😀', 5),
			isOption,
		},
	};
}

/** The fields of Video > Create, without the steps' two; see the contract. */
function createFields(patience: Patience): Record<string, Field> {
	return {
		model: {
			valid: either('MiniMax-Hailuo-2.3-Fast'),
			nearMisses: ['minimax-hailuo-2.3-fast', 'MiniMax-Hailuo-2', ' MiniMax-Hailuo-2.3-Fast'],
			mayBeAbsent: true,
		},
		imageSource: {
			valid: either('url', 'url', 'binary'),
			nearMisses: ['URL', 'file', ['url']],
			mayBeAbsent: true,
		},
		imageUrl: {
			valid: fc.oneof(
				either(
					'https://example.com/cat.jpg',
					'http://example.com:8080/ä%20ö.png?a=[1]&b=%zz#x#y',
					' HTTPS://EXAMPLE.COM/A%20B\u200b',
					'https://münchen.example/\ud83d',
					'http://[2001:db8::1]/a',
				),
				fc.webUrl({ withFragments: true, withQueryParameters: true }),
			),
			nearMisses: [
				'ftp://example.com/cat.jpg',
				'//example.com/cat.jpg',
				'https:/',
				'https://example.com/a.jpg\nhttps://example.com/b.jpg',
				'https://exa"mple.com/',
				'http://[::1',
				['https://example.com/cat.jpg'],
			],
			mayBeAbsent: true,
		},
		binaryPropertyName: {
			valid: either('data', ' data '),
			nearMisses: ['Data', 'data,data', 'nothing'],
			mayBeAbsent: true,
		},
		prompt: {
			valid: promptText,
			nearMisses: ['a'.repeat(2_001), '😀'.repeat(2_001), ['A cat'], { text: 'A cat' }],
			mayBeAbsent: true,
			mayBeNothing: true,
		},
		cameraCommands: {
			valid: commands,
			nearMisses: [
				'Pan left; Zoom in',
				['Pan around'],
				['Pan left', null],
				Array(300).fill('Tracking shot'),
			],
			mayBeAbsent: true,
			mayBeNothing: true,
		},
		// Its 10 seconds do not go with every quality; see `mustBeTaken`.
		quality: {
			valid: either('768p', '768p', '1080p'),
			nearMisses: ['512p', '768P', 768],
			mayBeAbsent: true,
		},
		duration: {
			valid: either(6, 6, '6', 6.0, 10, ' 10 '),
			nearMisses: [5, 6.5, 8, '6s', -6, 6e10, [6]],
			mayBeAbsent: true,
		},
		waitForCompletion: {
			valid: patience === 'may wait' ? yesOrNo : either(false, 'false', ' False'),
			isTooSlow: patience === 'may wait' ? undefined : meansYes,
			// Left out, it is yes.
			mayBeAbsent: patience === 'may wait',
		},
		downloadVideo: { valid: yesOrNo, mayBeAbsent: true },
		simplify: { valid: yesOrNo, mayBeAbsent: true },
		...waitOptions(patience),
		promptOptimizer: { valid: yesOrNo, isOption: true },
		cue: { valid: either('', 'slowly', '  then quickly ', 'ß'.repeat(30), 3), isOption: true },
		commands: {
			valid: fc.subarray(COMMANDS, { minLength: 1, maxLength: 3 }),
			nearMisses: [['push over'], ['Push in', ['Pull out']], Array(300).fill('Push in')],
			isOption: true,
		},
	};
}

function getFields(taskIds: readonly string[]): Record<string, Field> {
	return {
		taskId: {
			valid: either(...taskIds, ` ${taskIds[0]}\n`),
			nearMisses: [
				'../credits',
				`${taskIds[0]}/../x`,
				`${taskIds[0]}?a=b`,
				'a'.repeat(201),
				'-a',
				'ä',
			],
		},
		waitForCompletion: { valid: yesOrNo, mayBeAbsent: true },
		downloadVideo: { valid: yesOrNo, mayBeAbsent: true },
		simplify: { valid: yesOrNo, mayBeAbsent: true },
		...waitOptions('may wait'),
	};
}

/** Any value at all, those first that look like others. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.constantFrom<unknown>(
			null,
			undefined,
			'',
			' ',
			0,
			-1,
			0.5,
			1.5,
			7,
			101,
			1e21,
			1e308,
			-1e308,
			2 ** 53 + 2,
			true,
			false,
			'true',
			'yes',
			'NaN',
			'Infinity',
			'-Infinity',
			'1e999',
			'0x10',
			'１０',
			'6 seconds',
			'undefined',
			'null',
			'[object Object]',
			'__proto__',
			'constructor',
			'\ud83d',
			'\udc00\ud83d',
			'\u0000',
			'\u202e',
			'[Pan left]',
			'pan left',
			'Pan left,',
			'768P',
			'4k',
			'ftp://example.com/a.png',
			'data:image/png;base64,AA==',
			'https://',
			'https://exa mple.com',
			'../credits',
			'task-unified-1-abcdefgh',
			'a'.repeat(2_001),
			'a'.repeat(200_000),
			[],
			[[]],
			[null],
			['Pan left', 7],
			[['Pan left']],
			['Fly away'],
			{},
			{ a: 1 },
			{ steps: 1 },
			{ steps: [null] },
			{ length: 1, 0: 'Pan left' },
			{ toString: 'x', valueOf: 'y', toJSON: 'z' },
			{ mimeType: 'image/png', data: 'AA==' },
			{ mimeType: 'image/png', id: 'filesystem-v2:nowhere' },
		),
	},
	{ weight: 2, arbitrary: fc.jsonValue() },
	{ weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
	{ weight: 1, arbitrary: fc.double() },
);

/** What could be taken for the camera sequence, for its steps or for the options. */
const nearlySteps = fc.constantFrom<unknown>(
	'={{ $json }}',
	['={{ $json }}'],
	{ steps: '={{ $json }}' },
	[null],
	[[]],
	['Push in'],
	{ steps: [null] },
	{ steps: {} },
	{ steps: ['Push in'] },
	{ steps: [{ cue: ['slowly'], commands: ['Push in'] }] },
	{ steps: [{ cue: 'slowly', commands: [] }] },
	{ steps: [{ cue: 'slowly', commands: { 0: 'Push in' } }] },
	[{ commands: 'Push in' }],
	{ cameraSequence: { steps: 'Push in' } },
	{ cameraSequence: 'Push in', timeout: null },
	{ timeout: -1, pollInterval: 0 },
);

function validCell({ valid, mayBeNothing }: Field, way: Way): fc.Arbitrary<Cell> {
	const values =
		mayBeNothing === true && way === 'expression'
			? fc.oneof({ weight: 9, arbitrary: valid }, { weight: 1, arbitrary: either(null, undefined) })
			: valid;
	return values.map((value) => ({ value, kind: 'valid' }));
}

function anyCell({ isTooSlow, nearMisses }: Field): fc.Arbitrary<Cell> {
	const anyValue = anything
		.filter((value) => isTooSlow?.(value) !== true)
		.map((value): Cell => ({ value, kind: 'anything' }));
	if (nearMisses === undefined) return anyValue;
	return fc.oneof(
		anyValue,
		either(...nearMisses).map((value): Cell => ({ value, kind: 'wrong' })),
	);
}

type CellsByField = Record<string, Cell>;

/** Cells for all fields; those named can be anything, the others are valid. */
function cells(
	fields: Record<string, Field>,
	ways: Record<string, Way>,
	spoiled: readonly string[] = [],
): fc.Arbitrary<CellsByField> {
	return fc.record(
		Object.fromEntries(
			Object.entries(fields).map(([name, field]) => [
				name,
				spoiled.includes(name) ? anyCell(field) : validCell(field, ways[name]),
			]),
		),
	);
}

/**
 * The same with one field that can be anything, and sometimes with several. One alone tells most:
 * the others cannot be the reason for a refusal.
 *
 * @param isTold whether the cell of a field with this way is looked at
 */
function spoiledCells(
	fields: Record<string, Field>,
	ways: Record<string, Way>,
	isTold: (way: Way) => boolean,
): fc.Arbitrary<CellsByField> {
	const told = Object.keys(fields).filter((name) => isTold(ways[name]));
	const names = told.length === 0 ? Object.keys(fields) : told;
	return fc
		.oneof(
			{ weight: 5, arbitrary: fc.constantFrom(...names).map((name) => [name]) },
			{ weight: 1, arbitrary: fc.subarray(names, { minLength: 1 }) },
		)
		.chain((spoiled) => cells(fields, ways, spoiled));
}

function anyWays(fields: Record<string, Field>): fc.Arbitrary<Record<string, Way>> {
	const wayOf = ({ isOption, mayBeAbsent }: Field): fc.Arbitrary<Way> =>
		fc.oneof(
			{ weight: 20, arbitrary: fc.constant<Way>('expression') },
			{ weight: 10, arbitrary: fc.constant<Way>('fixed') },
			{ weight: 1, arbitrary: fc.constant<Way>('words around an expression') },
			{
				weight: isOption === true ? 24 : mayBeAbsent === true ? 6 : 0,
				arbitrary: fc.constant<Way>('absent'),
			},
		);
	return fc.record(
		Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, wayOf(field)])),
	);
}

function executionOf(
	operation: GeneratedExecution['operation'],
	fields: Record<string, Field>,
): fc.Arbitrary<GeneratedExecution> {
	return anyWays(fields).chain((ways) =>
		fc
			.tuple(
				fc.oneof(
					{ weight: 5, arbitrary: cells(fields, ways) },
					{ weight: 1, arbitrary: spoiledCells(fields, ways, (way) => way === 'fixed') },
				),
				fc.oneof(
					{ weight: 8, arbitrary: fc.constant('nothing' as const) },
					{ weight: 1, arbitrary: fc.constantFrom('options', 'cameraSequence', 'steps') },
				),
				fc.oneof(anything, nearlySteps),
				fc.boolean(),
				fc.constantFrom(true, true, true, false),
			)
			.chain(([fixed, nonsenseFor, nonsense, isShort, continueOnFail]) => {
				const item = fc.oneof(
					{ weight: 1, arbitrary: cells(fields, ways) },
					{ weight: 2, arbitrary: spoiledCells(fields, ways, (way) => way !== 'fixed') },
				);
				const count = continueOnFail ? (isShort ? 10 : 20) : isShort ? 1 : 3;
				return fc
					.array(item, { minLength: count, maxLength: count })
					.map((items): GeneratedExecution => {
						const rest = { nonsenseFor, nonsense, continueOnFail };
						return { operation, ways, fixed, items, ...rest };
					});
			}),
	);
}

/**
 * Makes executions whose parameters are mostly valid.
 *
 * @param taskIds tasks that exist and are finished, for Task > Get
 */
export function anyExecution(taskIds: readonly string[]): fc.Arbitrary<GeneratedExecution> {
	return fc.oneof(
		{ weight: 6, arbitrary: executionOf('create', createFields('never waits')) },
		{ weight: 1, arbitrary: executionOf('create', createFields('may wait')) },
		{ weight: 3, arbitrary: executionOf('get', getFields(taskIds)) },
	);
}

const OPTION_NAMES = new Set([...Object.keys(waitOptions('may wait')), 'promptOptimizer']);

/** The two fields of a step of the camera sequence. */
const STEP_NAMES = new Set(['cue', 'commands']);

/** What the workflow file holds in the field's place; undefined leaves it out. */
function parameterOf(name: string, { ways, fixed }: GeneratedExecution): unknown {
	switch (ways[name]) {
		case 'fixed':
			return fixed[name].value;
		case 'expression':
			return `={{ $json.${name} }}`;
		case 'words around an expression':
			return `=${name === 'imageUrl' ? '' : ' '}{{ $json.${name} }}`;
		default:
			return undefined;
	}
}

function withoutAbsent(values: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The node's parameters, as the workflow file holds them. */
export function parametersOf(execution: GeneratedExecution): Record<string, unknown> {
	const { operation, ways, nonsenseFor, nonsense } = execution;
	const named = Object.keys(ways).map((name) => [name, parameterOf(name, execution)] as const);
	const plain = named.filter(([name]) => !OPTION_NAMES.has(name) && !STEP_NAMES.has(name));
	const step = withoutAbsent(Object.fromEntries(named.filter(([name]) => STEP_NAMES.has(name))));
	const steps = nonsenseFor === 'steps' ? nonsense : [step, { cue: '', commands: ['Shake'] }];
	const cameraSequence = nonsenseFor === 'cameraSequence' ? nonsense : { steps };
	const options = withoutAbsent({
		...Object.fromEntries(named.filter(([name]) => OPTION_NAMES.has(name))),
		// A step without commands would need a cue that is empty.
		...(step.commands === undefined ? {} : { cameraSequence }),
	});
	return withoutAbsent({
		...(operation === 'get' ? { resource: 'task', operation: 'get' } : {}),
		...Object.fromEntries(plain),
		options: nonsenseFor === 'options' ? nonsense : options,
	});
}

/** What the item holds, for the expressions to read. */
export function jsonOf(
	cellsOfItem: GeneratedExecution['items'][number],
	{ ways }: GeneratedExecution,
): Record<string, unknown> {
	const isRead = (name: string) => ways[name] !== 'fixed' && ways[name] !== 'absent';
	return withoutAbsent(
		Object.fromEntries(
			Object.keys(ways)
				.filter(isRead)
				.map((name) => [name, cellsOfItem[name].value]),
		),
	);
}

/** The cell that decides on a field of an item; undefined where the field is left out. */
export function decisiveCell(
	name: string,
	item: GeneratedExecution['items'][number],
	{ ways, fixed }: GeneratedExecution,
): Cell | undefined {
	if (ways[name] === undefined || ways[name] === 'absent') return undefined;
	// Without commands, the whole step is left out.
	if (name === 'cue' && ways.commands === 'absent') return undefined;
	return ways[name] === 'fixed' ? fixed[name] : item[name];
}

function isImpossible(quality: unknown, duration: unknown): boolean {
	return quality === '1080p' && numberIn(duration) === 10;
}

/** Whether everything that the item asks for is valid, so that the node must not refuse it. */
export function mustBeTaken(
	item: GeneratedExecution['items'][number],
	execution: GeneratedExecution,
): boolean {
	const { ways, nonsenseFor } = execution;
	if (nonsenseFor !== 'nothing') return false;
	// Words around a value make a text of it, which not every field takes.
	if (Object.values(ways).includes('words around an expression')) return false;
	const cellOf = (name: string) => decisiveCell(name, item, execution);
	const isValid = Object.keys(ways).every((name) => (cellOf(name)?.kind ?? 'valid') === 'valid');
	return isValid && !isImpossible(cellOf('quality')?.value, cellOf('duration')?.value);
}

/** Whether something in the item is wrong in a field that matters, so that the node must refuse it. */
export function mustBeRefused(
	item: GeneratedExecution['items'][number],
	execution: GeneratedExecution,
): boolean {
	const { ways, nonsenseFor } = execution;
	if (nonsenseFor !== 'nothing') return false;
	const cellOf = (name: string) =>
		ways[name] === 'words around an expression' ? undefined : decisiveCell(name, item, execution);
	const source = ways.imageSource === 'absent' ? 'url' : cellOf('imageSource')?.value;
	const matters = (name: string) => {
		if (name === 'imageUrl') return source === 'url';
		return name !== 'binaryPropertyName' || source === 'binary';
	};
	const isWrong = Object.keys(ways).some((name) => matters(name) && cellOf(name)?.kind === 'wrong');
	return isWrong || isImpossible(cellOf('quality')?.value, cellOf('duration')?.value);
}
