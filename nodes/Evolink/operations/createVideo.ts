import type { RequestBody } from '../evolink/requestBody';
import { wouldStart } from '../money/paidTasks';
import type { Identity, PaidTask } from '../money/paidTasks';
import { rememberFailedTask, submitOnce } from '../money/submitOnce';
import { fieldsOfItem } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';
import { finishTask } from './finishTask';
import { rehearseVideo } from './rehearsal';
import type { Execution, OpenAccount, Operation, PreparedItem } from './runItems';
import { checkMaxVideos, checkMinBalance, readLimits } from './spendingLimits';
import { uploadImage } from './uploadImage';
import { resolvedIdentity, writtenIdentity } from './videoIdentity';
import { readVideo } from './videoSettings';
import type { CheckedVideo } from './videoSettings';
import { readTaskSettings } from './waitOptions';
import type { TaskSettings } from './waitOptions';

/** Returns the body of the submission, after uploading the images that are files. */
async function bodyOf(
	video: CheckedVideo,
	timeoutSeconds: number,
	account: OpenAccount,
	execution: Execution,
): Promise<RequestBody> {
	const addresses: string[] = [];
	for (const image of video.images) {
		addresses.push(
			image.kind === 'link'
				? image.url
				: (await uploadImage(image.file, timeoutSeconds, account, execution)).url,
		);
	}
	return video.body(addresses);
}

/** One item, checked as far as it has to be. */
interface CheckedItem {
	itemIndex: number;
	settings: TaskSettings;
	identity: Identity;
	/** What an earlier try has left of it. */
	known: PaidTask | undefined;
	/** Undefined where the video is paid for and its fields are not as they should be any more. */
	checked: CheckedVideo | undefined;
	/** @throws EvolinkFailure that names the field that is not as it should be */
	check(): Promise<CheckedVideo>;
}

async function checkItem(
	itemIndex: number,
	item: { fields: Fields; options: Fields },
	account: OpenAccount | undefined,
	execution: Execution,
): Promise<CheckedItem> {
	const { paidTasks, advise } = execution;
	const settings = readTaskSettings(itemIndex, item.fields, item.options);
	// Shown only while waiting, so that its value counts for nothing else.
	settings.downloadVideo &&= settings.waitForCompletion;
	const isRehearsal = account === undefined;
	const written = writtenIdentity(execution, isRehearsal);
	const check = async () => {
		// What holds for all items is taken from the first, but checked for each.
		readLimits(item.options);
		return await readVideo(execution.context, itemIndex, item, account);
	};
	const isPaid = !isRehearsal && !wouldStart(paidTasks.find(itemIndex, written));
	// What is paid for needs nothing that only a new video needs: no image, no valid prompt.
	const checked = isPaid ? await check().catch(() => undefined) : await check();
	const resolved = checked && resolvedIdentity(checked, isRehearsal);
	for (const one of checked?.advice ?? []) advise(itemIndex, one);
	const identity = { ...written, ...resolved };
	return {
		itemIndex,
		settings,
		identity,
		known: paidTasks.find(itemIndex, identity),
		checked,
		check,
	};
}

/** Returns the item as one that submits a video, or finds the task that it had before. */
function paidItem(item: CheckedItem, account: OpenAccount, execution: Execution): PreparedItem {
	const { itemIndex, identity, settings, known, checked, check } = item;
	const { paidTasks, context, clock } = execution;
	const { timeoutSeconds } = settings;
	const { client } = account;
	const submission = {
		itemIndex,
		identity,
		hasOnlyLinks: checked?.hasOnlyLinks ?? false,
		imageAdvice: checked?.imageAdvice ?? '',
		timeoutSeconds,
		client,
		checkLimit: () => checkMaxVideos(1, execution),
		checkBalance: async () => await checkMinBalance(account, execution),
		async body() {
			const video = checked ?? (await check());
			const body = await bodyOf(video, timeoutSeconds, account, execution);
			return { body, sent: video.sentIn(body) };
		},
	};
	return {
		...(wouldStart(known) ? { starts: 'video' } : {}),
		...(known?.state === 'failed' ? { failedBefore: known.failure } : {}),
		shape: checked?.shape,
		settings,
		async begin(mayBePostponed) {
			const startedMs = execution.startedBeforeSleepMs(itemIndex);
			if (startedMs !== undefined && known?.state === 'started') {
				// A task that failed meanwhile has failed: only a retry submits the item again.
				const { taskId, sent, startedAtMs } = known;
				return { taskId, sent, startedMs, submittedAtMs: startedAtMs };
			}
			const needs = { clock, paidTasks, logger: context.logger };
			const memory = context.getContext('node');
			return await submitOnce({ ...submission, mayBePostponed }, needs, memory);
		},
		async finish(underWay) {
			const output = await finishTask(underWay, settings, client, execution, (failed) =>
				rememberFailedTask(submission, failed, execution),
			);
			paidTasks.forgetAgentCall(itemIndex, identity);
			return output;
		},
	};
}

/** Video > Create: submits the images and the words, and waits and downloads as far as wanted. */
export const createVideo: Operation = {
	async prepare(execution, itemIndex): Promise<PreparedItem> {
		const fields = fieldsOfItem(execution.context, itemIndex);
		const isRehearsal = fields.options.yesOrNo('rehearse', 'Rehearse (No Cost)', false);
		const account = isRehearsal ? undefined : await execution.openAccount(itemIndex);
		const item = await checkItem(itemIndex, fields, account, execution);
		if (account !== undefined) return paidItem(item, account, execution);
		const video = item.checked ?? (await item.check());
		return {
			...(wouldStart(item.known) ? { starts: 'rehearsal' } : {}),
			settings: item.settings,
			run: async () => await rehearseVideo({ ...item, video }, execution),
		};
	},

	async guard(starting, execution) {
		checkMaxVideos(starting.length, execution);
		const accounts = new Set<OpenAccount>();
		for (const { itemIndex, starts } of starting) {
			if (starts === 'video') accounts.add(await execution.openAccount(itemIndex));
		}
		for (const account of accounts) await checkMinBalance(account, execution);
	},
};
