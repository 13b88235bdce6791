import axios from 'axios';
import { setTimeout as delay } from 'node:timers/promises';

import { nodeError, outputItems } from '../../tools/engine/run-results';
import {
	attachedFiles,
	startMailCatcher,
	type ArrivedMail,
	type MailCatcher,
} from '../../tools/editor/mail-catcher';
import { readText, type N8nExecution } from '../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../tools/n8n/n8n-api';
import type { N8nBench } from '../../tools/n8n/n8n-bench';
import type { SavedCredential } from '../../tools/n8n/workflow-credentials';
import { joinBytes } from '../film/join-bytes';
import { addRows, openTasks, tableRows } from './data-table';
import { exampleFile, readExample } from './examples';
import { fillInForm, fillInTestForm, type FormAnswers } from './form';
import { startChatModelServer } from './servers/chat-model-server';
import { startSftpServer, type SftpServer } from './servers/sftp-server';
import { expectVideo } from './video-check';

/** An n8n with everything that the examples work with. */
export interface World extends Pick<N8nBench, 'api' | 'sandbox'> {
	/** All that the examples need. */
	credentials: SavedCredential[];
	mails: MailCatcher;
	storage: SftpServer;
	close(): Promise<void>;
}

/** An example, run as a user does, and checked where the user looks for its result. */
export interface ExampleRun {
	file: string;
	result: string;
	/** Whether it also runs in the oldest supported n8n (examples/README.md). */
	isForOldest?: boolean;
	play(world: World): Promise<void>;
}

const IMAGE_URL = 'https://images.example/lighthouse.jpg';
const REFUSED = '#sandbox-fail:content_policy_violation';
const MARIA = 'maria@example.com';
/** n8n ignores what looks like a mail program that only follows the link to preview it. */
const BROWSER =
	'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const MAIL_TIMEOUT_MS = 30_000;
/** n8n wakes an execution a moment after it has noted that it waits. */
const ASLEEP_MS = 1_000;

/** Starts the mail server, the storage and the chat model, and saves the credentials for them. */
export async function startWorld(
	bench: Pick<N8nBench, 'api' | 'sandbox' | 'credential'>,
): Promise<World> {
	const { api, sandbox, credential } = bench;
	const [mails, storage, chatModel] = await Promise.all([
		startMailCatcher(),
		startSftpServer(),
		startChatModelServer({ imageUrl: IMAGE_URL }),
	]);
	const credentials = [
		credential,
		await api.createCredential({ name: 'SMTP', type: 'smtp', data: mails.credential }),
		await api.createCredential({ name: 'SFTP', type: 'sftp', data: storage.credential }),
		await api.createCredential({ name: 'OpenAI', type: 'openAiApi', data: chatModel.credential }),
	];
	const close = async () => {
		await Promise.all([mails.close(), storage.close(), chatModel.close()]);
	};
	return { api, sandbox, credentials, mails, storage, close };
}

const lighthouse = () => exampleFile('images/lighthouse.jpg', 'image/jpeg');

/** A list to upload: one of those beside the examples, with more rows. */
function listWith(name: string, ...rows: string[]) {
	const list = exampleFile(name, 'text/csv');
	return { ...list, bytes: Buffer.concat([list.bytes, Buffer.from(rows.join('\n'))]) };
}

async function imported({ api, credentials }: World, file: string): Promise<SavedWorkflow> {
	return await api.createWorkflow(readExample(file), credentials);
}

/** Waits until the execution has ended well. */
async function ended({ api }: World, executionId: string): Promise<N8nExecution> {
	const execution = await api.waitForExecution(executionId);
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
	return execution;
}

/** Imports the example, fills in its form, and waits until the execution has ended well. */
async function submitForm(world: World, file: string, answers: FormAnswers): Promise<N8nExecution> {
	const workflow = await imported(world, file);
	try {
		return await ended(world, await fillInForm(world.api, workflow, answers));
	} finally {
		await world.api.deactivate(workflow);
	}
}

/** The one task whose prompt holds the text, paid once. */
function paidFor({ sandbox }: World, text: string): string {
	const paid = sandbox.bill.filter(({ prompt }) => prompt?.includes(text));
	expect(paid).toHaveLength(1);
	return paid[0].taskId;
}

function expectFile({ sandbox }: World, file: Buffer, taskId: string): void {
	expect(file.equals(sandbox.mediaOf(taskId).bytes())).toBe(true);
}

/** The one mail that went to somebody. */
function mailTo({ mails }: World, address: string): ArrivedMail {
	const found = mails.mails.filter(({ recipients }) => recipients.includes(address));
	expect(found).toHaveLength(1);
	return found[0];
}

/** Where the button of that name in the mail leads. */
function linkOf({ email }: ArrivedMail, button: string): string {
	const links = [...(email.html ?? '').matchAll(/<a [^>]*href="([^"]+)"[^>]*>([^<]+)</g)];
	const found = links.find(([, , words]) => words.trim() === button);
	if (found === undefined) throw new Error(`The mail has no button "${button}"`);
	return found[1].replaceAll('&amp;', '&');
}

async function collectOnce(world: World): Promise<void> {
	const { id } = await world.api.runToEnd(await imported(world, 'collect-later.json'));
	await ended(world, id);
}

/** All examples but examples/durable.json, which survival.test.ts runs. */
export const EXAMPLE_RUNS: ExampleRun[] = [
	{
		file: 'image-to-video.json',
		result: 'the video is in the output of the node',
		isForOldest: true,
		async play(world) {
			const id = await fillInTestForm(world.api, await imported(world, 'image-to-video.json'), {
				Image: lighthouse(),
				'What should happen?': 'Gulls circle',
			});
			const execution = await ended(world, id);
			const taskId = paidFor(world, 'Gulls circle');
			await expectVideo(world, outputItems(execution, 'Evolink')[0], taskId);
		},
	},
	{
		file: 'form-to-email.json',
		result: 'the video comes by email',
		isForOldest: true,
		async play(world) {
			await submitForm(world, 'form-to-email.json', {
				Image: lighthouse(),
				'What should happen?': 'Waves roll in',
				'Your email address': MARIA,
			});
			const taskId = paidFor(world, 'Waves roll in');
			const files = attachedFiles(mailTo(world, MARIA));
			expectFile(world, files[`${taskId}.mp4`], taskId);
		},
	},
	{
		file: 'image-list-to-storage.json',
		result: 'the videos are in the storage, and the report names those that failed',
		isForOldest: true,
		async play(world) {
			await submitForm(world, 'image-list-to-storage.json', {
				'List of images': listWith('image-list.csv', `${IMAGE_URL},${REFUSED},768p,face`),
				'Send the report to': MARIA,
			});
			for (const [name, prompt] of [
				['beach', 'Waves roll'],
				['forest', 'Leaves move'],
			]) {
				const bytes = await world.storage.readFile(`videos/${name}.mp4`);
				expectFile(world, bytes, paidFor(world, prompt));
			}
			const { email } = mailTo(world, MARIA);
			expect(email.subject).toBe('2 of 3 videos are stored');
			expect(email.text).toContain('- videos/beach.mp4');
			expect(email.text).toContain(`- face (${IMAGE_URL}): `);
			expect(email.text).toContain(paidFor(world, REFUSED));
		},
	},
	{
		file: 'submit-now.json',
		result: 'the task is in the table before its video is there',
		async play(world) {
			await submitForm(world, 'submit-now.json', {
				Image: lighthouse(),
				'What should happen?': 'Later #sandbox-seconds:3600',
				'File name': 'later',
			});
			expect(await openTasks(world.api)).toEqual([paidFor(world, 'Later')]);
			expect(world.sandbox.requestsOf('read')).toEqual([]);
		},
	},
	{
		file: 'collect-later.json',
		result:
			'what is finished is in the storage, what failed is reported, the rest stays in the table',
		async play(world) {
			const openBefore = await openTasks(world.api);
			for (const [fileName, prompt] of [
				['harbor', 'Now #sandbox-seconds:0'],
				['face', `#sandbox-seconds:0 ${REFUSED}`],
				['endless', 'Endless #sandbox-seconds:3600'],
			]) {
				await submitForm(world, 'submit-now.json', {
					Image: lighthouse(),
					'What should happen?': prompt,
					'File name': fileName,
				});
			}
			await collectOnce(world);

			expectFile(world, await world.storage.readFile('videos/harbor.mp4'), paidFor(world, 'Now'));
			const open = (await openTasks(world.api)).filter((id) => !openBefore.includes(id));
			expect(open).toEqual([paidFor(world, 'Endless')]);
			const { email } = mailTo(world, 'you@example.com');
			expect(email.subject).toBe('No video: face');
			expect(email.text).toContain(REFUSED);
			expect(email.text).toContain(paidFor(world, REFUSED));
		},
	},
	{
		file: 'agent-makes-video.json',
		result: 'the chat answers with the link of the video',
		async play(world) {
			const { file, id } = await imported(world, 'agent-makes-video.json');
			const json = { sessionId: 'a-session', action: 'sendMessage', chatInput: 'A ship passes' };
			const started = await world.api.session.send('POST', `/workflows/${id}/run`, {
				body: {
					workflowData: { ...file, id, active: false },
					triggerToStartFrom: {
						name: 'When chat message received',
						data: {
							startTime: Date.now(),
							executionTime: 0,
							executionIndex: 0,
							executionStatus: 'success',
							source: [null],
							data: { main: [[{ json }]] },
						},
					},
				},
			});
			const execution = await ended(world, readText(started, 'executionId'));
			const task = world.sandbox.task(paidFor(world, 'A ship passes'));
			expect(task?.imageUrl).toBe(IMAGE_URL);
			const [{ json: answer }] = outputItems(execution, 'AI Agent');
			expect(answer.output).toContain(task?.mediaUrl);
			// An agent cannot use the file.
			expect(world.sandbox.requestsOf('media')).toEqual([]);
		},
	},
	{
		file: 'storyboard.json',
		result: 'clips that meet are in the storage, in order',
		async play(world) {
			await submitForm(world, 'storyboard.json', {
				'List of images': listWith('storyboard.csv'),
			});
			expect(await world.storage.fileNames('storyboard')).toEqual(['clip-01.mp4', 'clip-02.mp4']);
			const [first, second] = ['The camera glides', 'The boat turns'].map((prompt) =>
				world.sandbox.task(paidFor(world, prompt)),
			);
			expect(first?.lastImageUrl).toBe(second?.imageUrl);
			for (const [name, task] of Object.entries({ 'clip-01': first, 'clip-02': second })) {
				const bytes = await world.storage.readFile(`storyboard/${name}.mp4`);
				expectFile(world, bytes, task?.taskId ?? '');
			}
		},
	},
	{
		file: 'storyboard-to-film.json',
		result: 'one film of all clips comes by email, in the order of the list',
		async play(world) {
			await submitForm(world, 'storyboard-to-film.json', {
				'List of images': listWith('storyboard.csv'),
				'Your email address': MARIA,
			});
			const clips = ['The camera glides', 'The boat turns'].map((prompt) =>
				world.sandbox.mediaOf(paidFor(world, prompt)).bytes(),
			);
			const mail = mailTo(world, MARIA);
			expect(attachedFiles(mail)['film.mp4'].equals((await joinBytes(clips)).bytes)).toBe(true);
			expect(mail.email.text).toContain('2 clips');
		},
	},
	{
		file: 'text-to-video.json',
		result: 'nothing is paid before the approval by email, then the video comes by email',
		async play(world) {
			const { api, mails, sandbox } = world;
			const workflow = await imported(world, 'text-to-video.json');
			const executionId = await fillInForm(api, workflow, {
				'What should the video show?': 'A paper boat sails down a rainy street',
				'Your email address': MARIA,
			});
			const deadlineMs = Date.now() + MAIL_TIMEOUT_MS;
			while (mails.mails.length === 0 && Date.now() < deadlineMs) await delay(100);
			const link = linkOf(mailTo(world, 'approver@example.com'), 'Make it');
			await delay(ASLEEP_MS);
			expect(sandbox.requests).toEqual([]);
			await axios.get(link, { proxy: false, headers: { 'User-Agent': BROWSER } });
			await ended(world, executionId);
			await api.deactivate(workflow);

			const taskId = paidFor(world, 'A paper boat');
			expectFile(world, attachedFiles(mailTo(world, MARIA))[`${taskId}.mp4`], taskId);
		},
	},
	{
		file: 'vertical-clip.json',
		result: 'a vertical clip with sound is in the storage',
		isForOldest: true,
		async play(world) {
			await submitForm(world, 'vertical-clip.json', {
				'What should the video show?': 'A street musician plays the violin',
			});
			const taskId = paidFor(world, 'A street musician');
			expect(world.sandbox.task(taskId)).toMatchObject({
				model: 'seedance-2.0-fast-text-to-video',
				imageUrl: null,
				aspectRatio: '9:16',
				hasSound: true,
			});
			expect(await world.storage.fileNames('clips')).toEqual([`${taskId}.mp4`]);
			expectFile(world, await world.storage.readFile(`clips/${taskId}.mp4`), taskId);
		},
	},
	{
		file: 'any-model-by-id.json',
		result: 'a vertical video after the uploaded photo comes by email, whatever the words hold',
		async play(world) {
			// A form sends its line breaks like this.
			const words = 'The "Aurora" bottle turns.\r\nThen {it} says: \\"50% off\\"';
			await submitForm(world, 'any-model-by-id.json', {
				'Product photo': lighthouse(),
				'What should the video show?': words,
				'Your email address': MARIA,
			});
			const taskId = paidFor(world, words);
			const [{ upload }, ...more] = world.sandbox.requestsOf('upload');
			expect(more).toEqual([]);
			expect(upload?.sizeBytes).toBe(lighthouse().bytes.length);
			expect(world.sandbox.task(taskId)).toMatchObject({
				model: 'seedance-2.0-reference-to-video',
				imageUrl: upload?.fileUrl,
				quality: '480p',
				durationSeconds: 5,
				aspectRatio: '9:16',
			});
			const files = attachedFiles(mailTo(world, MARIA));
			expectFile(world, files[`${taskId}.mp4`], taskId);
		},
	},
	{
		file: 'spreadsheet-rows.json',
		result: 'each row of the table has its link or its failure, and is paid for once',
		async play(world) {
			const { api, sandbox } = world;
			const workflow = await imported(world, 'spreadsheet-rows.json');
			await ended(world, (await api.runToEnd(workflow)).id);
			await addRows(api, 'Evolink videos', [
				{ model: 'seedance-2.0-fast', prompt: 'A kite climbs', aspectRatio: '9:16' },
				{ model: 'no-such-model', prompt: 'Nothing', aspectRatio: '' },
				{ model: 'kling-v3-turbo', prompt: REFUSED, aspectRatio: '1:1' },
				{ model: 'MiniMax-Hailuo-2.3', prompt: 'A kite lands', aspectRatio: '16:9' },
			]);
			await ended(world, (await api.runToEnd(workflow)).id);
			// What is done is left alone.
			await ended(world, (await api.runToEnd(workflow)).id);

			expect(sandbox.bill).toHaveLength(3);
			const [climbs, lands] = ['A kite climbs', 'A kite lands'].map((prompt) =>
				sandbox.task(paidFor(world, prompt)),
			);
			expect(climbs).toMatchObject({
				model: 'seedance-2.0-fast-text-to-video',
				aspectRatio: '9:16',
			});
			const rows = await tableRows(api, 'Evolink videos');
			expect(rows).toMatchObject([
				{ link: climbs?.mediaUrl, failure: null },
				{ link: null, failure: expect.stringContaining('no-such-model') },
				{ link: null, failure: expect.stringContaining(paidFor(world, REFUSED)) },
				{ link: lands?.mediaUrl, failure: null },
			]);
		},
	},
	{
		file: 'guarded-batch.json',
		result: 'the report of a rehearsal comes by email, and nothing is paid',
		async play(world) {
			await submitForm(world, 'guarded-batch.json', {
				'List of images': listWith('image-list.csv', 'no link,Nothing,,'),
				Mode: 'Rehearsal (no cost)',
				'Send the report to': MARIA,
			});
			const { email } = mailTo(world, MARIA);
			expect(email.subject).toBe('Rehearsal: 2 of 3 worked');
			expect(email.text).toContain('- no link: ');
			expect(world.sandbox.requests.map(({ kind }) => kind)).toEqual(['credits']);
		},
	},
	{
		file: 'guarded-batch.json',
		result: 'the report of the videos comes by email',
		async play(world) {
			await submitForm(world, 'guarded-batch.json', {
				'List of images': listWith('image-list.csv'),
				Mode: 'Make the videos',
				'Send the report to': MARIA,
			});
			const { email } = mailTo(world, MARIA);
			expect(email.subject).toBe('Videos: 2 of 2 worked');
			for (const prompt of ['Waves roll', 'Leaves move']) {
				expect(email.text).toContain(world.sandbox.task(paidFor(world, prompt))?.mediaUrl);
			}
		},
	},
];
