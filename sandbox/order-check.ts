import { ApiError } from './api-errors';
import { DOCUMENTED_MODELS, type DocumentedModel } from './documented-models';
import { checkFields } from './field-rules';
import type { TaskOrder } from './tasks';
import { isRecord, optionalNumber, optionalText } from './type-guards';

/** The first frame and the last. */
function framesOf(
	{ fields }: DocumentedModel,
	{ image_urls, image_start, image_end }: Readonly<Record<string, unknown>>,
): Array<string | null> {
	const images = Array.isArray(image_urls) ? image_urls : [];
	const frames = 'image_start' in fields ? [image_start, image_end] : [images[0], images[1]];
	return frames.map((frame) => optionalText(frame) ?? null);
}

/**
 * Reads an order, and refuses whatever is not documented for its model.
 *
 * @param onUnknownField told of each field that does not exist
 * @throws ApiError 400 that names the first field at fault and what is allowed there
 */
export function readOrder(
	body: unknown,
	idempotencyKey: string | undefined,
	onUnknownField: (field: string) => void,
): TaskOrder {
	const { model: id, ...sent } = isRecord(body) ? body : {};
	const name = optionalText(id) ?? '';
	const model = DOCUMENTED_MODELS.get(name);
	if (model === undefined) {
		const message = `model must be one of ${[...DOCUMENTED_MODELS.keys()].join(', ')}`;
		throw new ApiError(400, { message, param: 'model' });
	}
	const { fields, rules = [], alwaysSounds = false } = model;
	const findings = checkFields(fields, sent);
	for (const { isUnknown, param } of findings) if (isUnknown) onUnknownField(param);
	const [fault] = findings.length > 0 ? findings : rules.flatMap((rule) => rule(sent) ?? []);
	if (fault !== undefined) {
		throw new ApiError(400, { message: fault.message, param: fault.param });
	}

	const settled = (field: string) => sent[field] ?? fields[field]?.byDefault;
	const [imageUrl, lastImageUrl] = framesOf(model, sent);
	const ownSound = Array.isArray(sent.audio_urls) && sent.audio_urls.length > 0;
	return {
		model: name,
		prompt: optionalText(sent.prompt) ?? null,
		imageUrl,
		lastImageUrl,
		quality: optionalText(settled('quality')) ?? '',
		durationSeconds: optionalNumber(settled('duration')) ?? 0,
		aspectRatio: optionalText(settled('aspect_ratio')) ?? null,
		hasSound:
			alwaysSounds || ownSound || settled('generate_audio') === true || settled('sound') === 'on',
		idempotencyKey: idempotencyKey ?? null,
	};
}
