import fc from 'fast-check';

/** What one item holds for one field. */
export interface Cell {
	value: unknown;
	/** Whether the node must take it, must refuse it, or may do either. */
	kind: 'valid' | 'wrong' | 'anything';
}

/** One execution of the node: its parameters come by expression from its items. */
export interface GeneratedExecution {
	operation: 'create' | 'get';
	/** Fields that the workflow file does not hold. */
	absent: readonly string[];
	/** Cells of each item, by field. */
	items: ReadonlyArray<Readonly<Record<string, Cell>>>;
	continueOnFail: boolean;
}

interface Field {
	valid: fc.Arbitrary<unknown>;
	/** Values that the node must refuse; some of them would do in another field. */
	wrong?: unknown[];
	/** Lies in the collection 'Options', or in a step of the camera sequence. */
	isOption?: boolean;
	isRequired?: boolean;
	/** Values that are taken, but would make an item wait for long, or in vain. */
	isTooSlow?: (value: unknown) => boolean;
}

const either = (...values: unknown[]) => fc.constantFrom(...values);

const yesOrNo = { valid: either(true, false, 'true', 'false', ' TRUE ', 'False') };

const COMMANDS = ['Pan left', 'Zoom in', 'Push in', 'Static shot', 'Tracking shot', 'Shake'];

/** As a number where a text or a number stands for one, and NaN for all else. */
function numberIn(value: unknown): number {
	return typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
}

const WAIT_OPTIONS: Record<string, Field> = {
	timeout: {
		valid: either(20, 900, '30', 25.5, 1e12, 1e308),
		wrong: [0, 0.999, -1, '30 s', [30]],
		isOption: true,
		isTooSlow: (value) => numberIn(value) >= 1 && numberIn(value) < 10,
	},
	pollInterval: {
		valid: either(1, 1.5, '2'),
		wrong: [0, 0.9, 'often'],
		isOption: true,
		isTooSlow: (value) => numberIn(value) > 3,
	},
	onTimeout: { valid: either('error', 'returnTask'), wrong: ['Error', 'fail'], isOption: true },
	maxConcurrent: {
		valid: either(1, 2, 5, '7', 20, 100),
		wrong: [0, 101, 2.5, '7a', [5]],
		isOption: true,
	},
	outputPropertyName: {
		valid: either('data', 'video', ' film ', '', 7, '__proto__'),
		isOption: true,
	},
	fileName: {
		valid: either('cat.mp4', '', '../../etc/passwd', 'a'.repeat(3_000), '\ud83d', '😀', 5),
		isOption: true,
	},
};

/** The fields of Video > Create; see the contract. */
const CREATE_FIELDS: Record<string, Field> = {
	model: {
		valid: either('MiniMax-Hailuo-2.3-Fast'),
		wrong: ['minimax-hailuo-2.3-fast', 'MiniMax-Hailuo-2', ' MiniMax-Hailuo-2.3-Fast'],
	},
	imageSource: { valid: either('url', 'url', 'binary'), wrong: ['URL', 'file', ['url']] },
	imageUrl: {
		valid: fc.oneof(
			either(
				'http://example.com:8080/ä%20ö.png?a=[1]&b=%zz#x#y',
				' HTTPS://EXAMPLE.COM/A%20B\u200b',
				'https://münchen.example/\ud83d',
				'http://[2001:db8::1]/a',
			),
			fc.webUrl({ withFragments: true, withQueryParameters: true }),
		),
		wrong: ['ftp://example.com/cat.jpg', '//example.com/cat.jpg', 'http://[::1', 'https:/'],
	},
	binaryPropertyName: { valid: either('data', ' data '), wrong: ['Data', 'data,data'] },
	prompt: {
		valid: fc.oneof(
			either('A cat looks up', '', '😀'.repeat(700), 42, '[nothing]', 'a\udc00b', null),
			fc.string({ unit: 'binary', maxLength: 300 }),
		),
		wrong: ['a'.repeat(2_001), '😀'.repeat(2_001), ['A cat'], { text: 'A cat' }],
	},
	cameraCommands: {
		valid: fc.oneof(fc.subarray(COMMANDS, { maxLength: 3 }), either('Pan left, Shake', null)),
		wrong: ['Pan left; Zoom in', ['Pan around'], ['Pan left', null], Array(300).fill('Zoom in')],
	},
	// Its 10 seconds do not go with every quality; see `mustBeTaken`.
	quality: { valid: either('768p', '768p', '1080p'), wrong: ['512p', '768P', 768] },
	duration: { valid: either(6, 6, '6', 6.0, 10, ' 10 '), wrong: [5, 6.5, 8, '6s', -6, 6e10, [6]] },
	waitForCompletion: yesOrNo,
	downloadVideo: yesOrNo,
	simplify: yesOrNo,
	...WAIT_OPTIONS,
	promptOptimizer: { ...yesOrNo, isOption: true },
	cue: { valid: either('', 'slowly', '  then quickly ', 'ß'.repeat(30), 3), isOption: true },
	commands: {
		valid: fc.subarray(COMMANDS, { minLength: 1, maxLength: 3 }),
		wrong: [['push over'], ['Push in', ['Pull out']], Array(300).fill('Push in')],
		isOption: true,
	},
};

function getFields(taskIds: readonly string[]): Record<string, Field> {
	return {
		taskId: {
			valid: either(...taskIds, ` ${taskIds[0]}\n`),
			wrong: ['../credits', `${taskIds[0]}/../x`, `${taskIds[0]}?a=b`, 'a'.repeat(201), '-a', 'ä'],
			isRequired: true,
		},
		waitForCompletion: yesOrNo,
		downloadVideo: yesOrNo,
		simplify: yesOrNo,
		...WAIT_OPTIONS,
	};
}

/** Any value at all, those first that look like others. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
	either(...[null, undefined, true, false, 0, -1, 0.5, 7, 101, 1e21, 1e308, 2 ** 53 + 2]),
	either(
		'',
		' ',
		'yes',
		'NaN',
		'1e999',
		'0x10',
		'１０',
		'6 seconds',
		'__proto__',
		'\ud83d',
		'\u0000',
	),
	either('[Pan left]', 'Pan left,', '4k', 'data:image/png;base64,AA==', 'a'.repeat(200_000)),
	either(...[[], [[]], [null], ['Pan left', 7], {}, { length: 1, 0: 'Pan left' }]),
	either({ toString: 'x', valueOf: 'y', toJSON: 'z' }, { mimeType: 'image/png', id: 'nowhere' }),
	fc.jsonValue(),
	fc.string({ unit: 'binary', maxLength: 60 }),
	fc.double(),
);

function validCell({ valid }: Field): fc.Arbitrary<Cell> {
	return valid.map((value) => ({ value, kind: 'valid' }));
}

function anyCell({ isTooSlow, wrong = [] }: Field): fc.Arbitrary<Cell> {
	const anyValue = anything
		.filter((value) => isTooSlow?.(value) !== true)
		.map((value): Cell => ({ value, kind: 'anything' }));
	return fc.oneof(anyValue, ...wrong.map((value) => fc.constant<Cell>({ value, kind: 'wrong' })));
}

/**
 * Cells for all fields, mostly with one that can be anything. One alone tells most: the others cannot
 * be the reason for a refusal.
 */
function anyItem(fields: Record<string, Field>): fc.Arbitrary<Record<string, Cell>> {
	const names = Object.keys(fields);
	const spoiled = fc.oneof(
		{ weight: 3, arbitrary: fc.constant<string[]>([]) },
		{ weight: 5, arbitrary: fc.constantFrom(...names).map((name) => [name]) },
		{ weight: 1, arbitrary: fc.subarray(names, { minLength: 2 }) },
	);
	return spoiled.chain((wild) =>
		fc.record(
			Object.fromEntries(
				Object.entries(fields).map(([name, field]) => [
					name,
					wild.includes(name) ? anyCell(field) : validCell(field),
				]),
			),
		),
	);
}

function executionOf(
	operation: GeneratedExecution['operation'],
	fields: Record<string, Field>,
): fc.Arbitrary<GeneratedExecution> {
	const options = Object.keys(fields).filter((name) => fields[name].isOption === true);
	const others = Object.keys(fields).filter((name) => {
		const { isOption, isRequired } = fields[name];
		return isOption !== true && isRequired !== true;
	});
	const fewOf = (names: string[]) => fc.subarray(names, { maxLength: 3 });
	return fc
		.tuple(fc.subarray(options), fewOf(others), fc.constantFrom(true, true, true, false))
		.chain(([absentOptions, absentFields, continueOnFail]) => {
			const count = continueOnFail ? 15 : 2;
			return fc.record({
				operation: fc.constant(operation),
				absent: fc.constant([...absentOptions, ...absentFields]),
				items: fc.array(anyItem(fields), { minLength: count, maxLength: count }),
				continueOnFail: fc.constant(continueOnFail),
			});
		});
}

/**
 * Makes executions whose parameters are mostly valid.
 *
 * @param taskIds tasks that exist and are finished, for Task > Get
 */
export function anyExecution(taskIds: readonly string[]): fc.Arbitrary<GeneratedExecution> {
	return fc.oneof(
		{ weight: 7, arbitrary: executionOf('create', CREATE_FIELDS) },
		{ weight: 3, arbitrary: executionOf('get', getFields(taskIds)) },
	);
}

/** The node's parameters, as the workflow file holds them. */
export function parametersOf({ operation, absent }: GeneratedExecution): Record<string, unknown> {
	const fields = operation === 'create' ? CREATE_FIELDS : getFields([]);
	const present = Object.keys(fields).filter((name) => !absent.includes(name));
	const entries = (wanted: (name: string) => boolean) =>
		Object.fromEntries(present.filter(wanted).map((name) => [name, `={{ $json.${name} }}`]));
	const isOfStep = (name: string) => name === 'cue' || name === 'commands';
	const isOption = (name: string) => fields[name].isOption === true && !isOfStep(name);
	// A step without commands would need a cue that is empty.
	const steps = present.includes('commands') ? [entries(isOfStep)] : [];
	return {
		...(operation === 'get' ? { resource: 'task', operation } : {}),
		...entries((name) => fields[name].isOption !== true),
		options: { ...entries(isOption), cameraSequence: { steps } },
	};
}

type Item = GeneratedExecution['items'][number];

/** What the item holds, for the expressions to read. */
export function jsonOf(item: Item): Record<string, unknown> {
	return Object.fromEntries(Object.entries(item).map(([name, { value }]) => [name, value]));
}

/** The cell that decides on a field of an item; undefined where the field is left out. */
function decisiveCell(name: string, item: Item, { absent }: GeneratedExecution): Cell | undefined {
	// Without commands, the whole step is left out.
	const isAbsent = absent.includes(name) || (name === 'cue' && absent.includes('commands'));
	return isAbsent ? undefined : item[name];
}

/** Whether everything that the item asks for is valid, so that the node must not refuse it. */
export function mustBeTaken(item: Item, execution: GeneratedExecution): boolean {
	const cellOf = (name: string) => decisiveCell(name, item, execution);
	const isValid = Object.keys(item).every((name) => (cellOf(name)?.kind ?? 'valid') === 'valid');
	const isLong = numberIn(cellOf('duration')?.value) === 10;
	return isValid && !(cellOf('quality')?.value === '1080p' && isLong);
}

/** Whether something in the item is wrong in a field that matters, so that the node must refuse it. */
export function mustBeRefused(item: Item, execution: GeneratedExecution): boolean {
	const cellOf = (name: string) => decisiveCell(name, item, execution);
	const source = cellOf('imageSource')?.value ?? 'url';
	const matters = (name: string) => {
		if (name === 'imageUrl') return source === 'url';
		return name !== 'binaryPropertyName' || source === 'binary';
	};
	return Object.keys(item).some((name) => matters(name) && cellOf(name)?.kind === 'wrong');
}
