import { NodeHelpers } from 'n8n-workflow';
import type { INodeParameters, INodeProperties } from 'n8n-workflow';

import { checkSettings, findModel, VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import type { VideoModel } from '../../../nodes/Evolink/evolink/models';
import { requestBody } from '../../../nodes/Evolink/evolink/requestBody';
import { createVideoFields } from '../../../nodes/Evolink/operations/createVideoFields';
import { failureOf } from './failure-of';

/** A family that exists only here, as somebody who adds one would write it. */
const NEWCOMER: VideoModel = {
	...findModel('kling-v3-turbo'),
	id: 'newcomer-9',
	displayName: 'Newcomer 9',
	description: 'Exists only in a test; up to 9 seconds',
	promptRequiredFor: [0],
	promptMaxCharacters: 99,
	qualities: [{ value: '540p' }, { value: '8k', durationsSeconds: [3] }],
	defaultQuality: '540p',
	durationsSeconds: { from: 3, to: 9 },
	aspectRatios: { withoutImage: ['2:1', '1:2'], withImage: [] },
	sound: { field: 'generate_audio', isOnByDefault: true },
	seed: { from: 1, to: 7 },
	page: 'newcomer/newcomer-9-text-to-video',
};
const MODELS = [...VIDEO_MODELS, NEWCOMER];

const text = { type: 'string', displayName: '' } as const;
const OPERATION: INodeProperties[] = [
	{ ...text, name: 'resource', default: 'video' },
	{ ...text, name: 'operation', default: 'create' },
];

function shownFields(fields: INodeProperties[], given: INodeParameters): INodeProperties[] {
	const all = [...OPERATION, ...fields];
	const values = NodeHelpers.getNodeParameters(all, given, true, false, null, null) ?? {};
	return fields.filter((field) => NodeHelpers.displayParameter(values, field, null, null));
}

const valuesOf = (fields: INodeProperties[], wanted: string) =>
	fields
		.find(({ name }) => name === wanted)
		?.options?.map((one) => ('value' in one ? one.value : ''));

describe('one more row of the table', () => {
	const fields = createVideoFields(MODELS);

	it('is one more model in the list, with its own fields and values', () => {
		expect(valuesOf(fields, 'model')?.slice(-2)).toEqual(['newcomer-9', 'other']);
		const shown = shownFields(fields, { model: 'newcomer-9', imageSource: 'none' });
		const ofModel = ['prompt', 'aspectRatio', 'quality', 'duration', 'generateAudio'];
		const own = shown.filter(({ name }) => ofModel.includes(name));
		expect(own.map(({ name }) => name)).toEqual(ofModel);
		expect(own.map(({ default: value }) => value)).toEqual(['', '2:1', '540p', 5, true]);
		expect(valuesOf(shown, 'aspectRatio')).toEqual(['2:1', '1:2']);
		expect(valuesOf(shown, 'quality')).toEqual(['540p', '8k']);

		const withImage = shownFields(fields, { model: 'newcomer-9', quality: '8k' });
		expect(withImage.map(({ name }) => name)).not.toContain('aspectRatio');
		expect(valuesOf(withImage, 'duration')).toEqual([3]);
	});

	it('leaves the fields of all other models as they are', () => {
		const before = createVideoFields();
		const named = (all: INodeProperties[], model: string) =>
			shownFields(all, { model })
				.filter(({ name }) => !['model', 'options'].includes(name))
				.map((field) => ({ ...field, displayOptions: undefined }));
		for (const { id } of VIDEO_MODELS) {
			expect(named(fields, id)).not.toEqual([]);
			expect(named(fields, id)).toEqual(named(before, id));
		}
	});

	it('is checked and sent by what it says', () => {
		const model = findModel('newcomer-9', MODELS);
		const settings = {
			...{ prompt: 'A cat', quality: '540p', durationSeconds: 9, aspectRatio: '1:2' },
			...{ generateAudio: false, seed: 7 },
		};
		checkSettings(model, settings, 0);
		expect(requestBody(model, settings, [])).toEqual({
			...{ model: 'newcomer-9-text-to-video', prompt: 'A cat', quality: '540p', duration: 9 },
			...{ aspect_ratio: '1:2', generate_audio: false, seed: 7 },
		});
		const withImage = { ...settings, aspectRatio: undefined };
		expect(requestBody(model, withImage, ['https://a.example/1.jpg'])).toMatchObject({
			...{ model: 'newcomer-9-image-to-video', image_start: 'https://a.example/1.jpg' },
		});
		const wrong = [{ quality: '4k' }, { quality: '8k' }, { durationSeconds: 10 }];
		for (const one of [
			...wrong,
			{ aspectRatio: '16:9' },
			{ seed: 8 },
			{ prompt: ' '.repeat(100) },
		]) {
			const { message, description } = failureOf(() =>
				checkSettings(model, { ...settings, ...one }, 0),
			);
			expect(`${message} ${description}`).toContain('Newcomer 9');
		}
	});
});
