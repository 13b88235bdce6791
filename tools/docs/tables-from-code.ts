import type { INodeProperties } from 'n8n-workflow';

import { CAMERA_COMMANDS } from '../../nodes/Evolink/evolink/camera';
import {
	answerFailure,
	FAILURE_CODES,
	failedTaskFailure,
	isHopeless,
	noResponseFailure,
	ofTask,
	timeoutFailure,
	unknownOutcomeFailure,
} from '../../nodes/Evolink/evolink/failures';
import type { EvolinkTask } from '../../nodes/Evolink/evolink/task';
import { DOCUMENTATION, inWords, VIDEO_MODELS } from '../../nodes/Evolink/evolink/models';
import type { Quality, VideoModel } from '../../nodes/Evolink/evolink/models';
import { toFailureDetails } from '../../nodes/Evolink/n8n/nodeErrors';
import { DEFAULT_API_URL, DEFAULT_FILES_URL } from '../../nodes/Evolink/n8n/account';
import { createVideoFields } from '../../nodes/Evolink/operations/createVideoFields';
import { GET_TASK_FIELDS } from '../../nodes/Evolink/operations/getTask';
import { table } from './markdown-tables';

const SOURCES = ['text', 'one image', 'two frames'];

function promptWords({ imageCounts, promptRequiredFor }: VideoModel): string {
	if (promptRequiredFor.length === 0) return 'optional';
	if (promptRequiredFor.length === imageCounts.length) return 'required';
	return `required from ${promptRequiredFor.map((count) => SOURCES[count]).join(', ')}`;
}

function qualityWords({ value, durationsSeconds, imageCounts }: Quality): string {
	const images = imageCounts?.map((count) => `with ${SOURCES[count]}`) ?? [];
	const seconds = durationsSeconds === undefined ? [] : [`${durationsSeconds.join(' or ')} s only`];
	const limits = [...images, ...seconds].join(', ');
	return limits === '' ? value : `${value} (${limits})`;
}

function ratioWords({ aspectRatios: { withoutImage, withImage } }: VideoModel): string {
	if (withoutImage.length === 0) return '';
	const words = withoutImage.map((one) => (one.includes(':') ? one : 'automatic')).join(', ');
	return withImage.length === 0 ? `${words}; without an image` : words;
}

function fixedSoundWords({ hasSound }: VideoModel): string {
	if (hasSound === undefined) return 'unknown';
	return hasSound ? 'always' : 'silent';
}

function soundWords(model: VideoModel): string {
	if (model.sound === undefined) return fixedSoundWords(model);
	return model.sound.isOnByDefault ? 'on, can be turned off' : 'off, can be turned on';
}

/** "Automatic" is no shape. */
function shapesInShort({ aspectRatios: { withoutImage, withImage } }: VideoModel): string {
	if (withoutImage.length === 0) return "the image's";
	const count = withoutImage.filter((one) => one.includes(':')).length;
	return `${count}${withImage.length === 0 ? ' from text' : ''}`;
}

function rangeInShort(values: readonly unknown[]): string {
	return [...new Set([values[0], values[values.length - 1]])].join('–');
}

/** One line for each model, as short as can be. */
function shortModelTable(): string {
	return table(
		['Model', 'From', 'Quality', 'Seconds', 'Sound', 'Shape'],
		VIDEO_MODELS.map((model) => {
			const { displayName, imageCounts, qualities, durationsSeconds, sound } = model;
			const image = imageCounts.includes(2) ? 'images' : 'image';
			return [
				displayName,
				imageCounts.includes(0) ? `text, ${image}` : image,
				rangeInShort(qualities.map(({ value }) => value)),
				'from' in durationsSeconds
					? rangeInShort([durationsSeconds.from, durationsSeconds.to])
					: durationsSeconds.join(', '),
				sound === undefined ? fixedSoundWords(model) : 'switch',
				shapesInShort(model),
			];
		}),
	);
}

/** One line for each model, with all that it takes. */
function modelTable(): string {
	return table(
		['Model', 'Value', 'From', 'Prompt', 'Quality', 'Seconds', 'Aspect Ratio', 'Sound', 'More'],
		VIDEO_MODELS.map((model) => [
			`[${model.displayName}](${DOCUMENTATION}${model.page})`,
			`\`${model.id}\``,
			model.imageCounts.map((count) => SOURCES[count]).join(', '),
			promptWords(model),
			model.qualities.map(qualityWords).join(', '),
			inWords(model.durationsSeconds).replace('from ', ''),
			ratioWords(model),
			soundWords(model),
			[model.negativePrompt && 'Negative Prompt', model.seed && 'Seed'].filter(Boolean).join(', '),
		]),
	);
}

function commandTable(): string {
	return table(
		['Command', 'What you see'],
		CAMERA_COMMANDS.map(({ value, description }) => [`\`${value}\``, description]),
	);
}

function defaultWords({ name, default: value }: INodeProperties): string {
	if (['aspectRatio', 'generateAudio'].includes(name)) return "the model's own";
	if (name === 'pollInterval') return 'automatic';
	if (name === 'rehearse') return 'off, until it is added';
	if (['maxVideos', 'minBalance', 'seed'].includes(name)) return 'none';
	if (value === '' || value === undefined) return '';
	if (typeof value === 'object') return 'none';
	return `\`${String(value)}\``;
}

/** One row for each field; a field that exists several times (one per model) is told once. */
function fieldTable(fields: INodeProperties[]): string {
	const byName = new Map(fields.map((field) => [field.name, field]));
	const first = [...byName.keys()].map(
		(name) => fields.find((field) => field.name === name) ?? fields[0],
	);
	return table(
		['Field', 'Name in expressions', 'Default', 'What it does'],
		first
			.filter(({ name }) => name !== 'options')
			.map((field) => [
				field.displayName,
				`\`${field.name}\``,
				defaultWords(field),
				field.description ?? '',
			]),
	);
}

function optionsOf(fields: INodeProperties[]): INodeProperties[] {
	const options = fields.find(({ name }) => name === 'options')?.options ?? [];
	return options.filter((option): option is INodeProperties => 'type' in option);
}

const NO_RESPONSE = ['dns', 'refused', 'proxy', 'handshake', 'timedOut', 'broken'] as const;
const STATUSES = [400, 401, 402, 403, 404, 429, 500, 502, 503];

function errorTable(): string {
	const answers = STATUSES.map((status) => {
		const step = status === 404 ? 'statusRead' : 'submission';
		return answerFailure({ status, headers: {}, text: '', json: undefined }, step).details;
	});
	const processing = { id: 'ID', status: 'processing', results: [], raw: {} };
	const others = [
		...NO_RESPONSE.map(noResponseFailure),
		unknownOutcomeFailure('(the reason)'),
		ofTask(timeoutFailure(900, processing, undefined), '(the ID)'),
	];
	return table(
		['Message', 'What to do'],
		[...answers, ...others.map((failure) => toFailureDetails(failure))].map(
			({ message, description }) => [message, description],
		),
	);
}

/** What n8n's retry does; for one code it depends on whether the image was a link or a file. */
function retryWords(task: EvolinkTask): string {
	if (isHopeless(task, false)) return 'submits nothing';
	return isHopeless(task, true) ? 'submits nothing for a link' : 'makes it again, and pays again';
}

function failureTable(): string {
	return table(
		['Code', 'What to do', 'A retry'],
		FAILURE_CODES.map((code) => {
			const task = { id: 'ID', status: 'failed', results: [], raw: {}, failure: { code } };
			const { description } = failedTaskFailure(task).details;
			return [`\`${code}\``, description, retryWords(task)];
		}),
	);
}

function credentialTable(): string {
	return table(
		['Field', 'Value'],
		[
			['API Key', 'The key from the dashboard'],
			['API Base URL', `\`${DEFAULT_API_URL}\``],
			['File API Base URL', `\`${DEFAULT_FILES_URL}\``],
		],
	);
}

/** By page, the tables that are made from the code, by the name of their place in it. */
export function tablesFromCode(): Record<string, Record<string, string>> {
	return {
		'README.md': { 'models-in-short': shortModelTable() },
		'docs/fields.md': {
			models: modelTable(),
			'camera-commands': commandTable(),
			credential: credentialTable(),
			'create-fields': fieldTable(createVideoFields()),
			'create-options': fieldTable(optionsOf(createVideoFields())),
			'get-fields': fieldTable(GET_TASK_FIELDS),
		},
		'docs/messages.md': { errors: errorTable(), 'failure-codes': failureTable() },
	};
}
