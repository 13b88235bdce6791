import type { INodeProperties } from 'n8n-workflow';

import { CAMERA_COMMANDS } from '../../nodes/Evolink/evolink/camera';
import {
	answerFailure,
	FAILURE_CODES,
	failedTaskFailure,
	unknownOutcomeFailure,
} from '../../nodes/Evolink/evolink/failures';
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

function soundWords({ sound, alwaysHasSound }: VideoModel): string {
	if (sound === undefined) return alwaysHasSound === true ? 'always' : '';
	return sound.isOnByDefault ? 'on, can be turned off' : 'off, can be turned on';
}

/** One line for each model. */
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
	if (name === 'maxVideos' || name === 'minBalance') return 'none';
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

const STATUSES = [400, 401, 402, 403, 404, 429, 500, 502, 503];

function errorTable(): string {
	const answers = STATUSES.map((status) => {
		const step = status === 404 ? 'statusRead' : 'submission';
		return answerFailure({ status, headers: {}, text: '', json: undefined }, step).details;
	});
	const lost = toFailureDetails(unknownOutcomeFailure('…'));
	return table(
		['Message', 'What to do'],
		[...answers, lost].map(({ message, description }) => [message, description]),
	);
}

function failureTable(): string {
	return table(
		['Code', 'What to do'],
		FAILURE_CODES.map((code) => {
			const task = { id: 'ID', status: 'failed', results: [], raw: {}, failure: { code } };
			const { description } = failedTaskFailure(task).details;
			return [`\`${code}\``, description];
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

/** The tables of the README by the name of their place in it, made from the code. */
export function readmeTables(): Record<string, string> {
	return {
		models: modelTable(),
		'camera-commands': commandTable(),
		credential: credentialTable(),
		'create-fields': fieldTable(createVideoFields()),
		'create-options': fieldTable(optionsOf(createVideoFields())),
		'get-fields': fieldTable(GET_TASK_FIELDS),
		errors: errorTable(),
		'failure-codes': failureTable(),
	};
}
