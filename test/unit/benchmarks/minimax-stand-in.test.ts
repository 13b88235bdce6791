import axios from 'axios';

import { startMinimaxStandIn, type MinimaxStandIn } from '../../../benchmarks/minimax-stand-in';
import { closeSandboxes, openSandbox, type SandboxAtHand } from '../sandbox/sandbox-client';

const ORDER = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	first_frame_image: 'https://pictures.example/cat.jpg',
	prompt: 'A cat looks up',
	duration: 6,
	resolution: '768P',
};

let standIn: MinimaxStandIn;
let atHand: SandboxAtHand;

beforeEach(async () => {
	atHand = await openSandbox({ generationSeconds: 100 });
	standIn = await startMinimaxStandIn(atHand.sandbox);
});
afterEach(async () => {
	await standIn.close();
	await closeSandboxes();
});

function client(apiKey = standIn.apiKey) {
	return axios.create({
		baseURL: standIn.url,
		headers: { Authorization: `Bearer ${apiKey}` },
		timeout: 5_000,
	});
}

async function statusOf(taskId: string): Promise<unknown> {
	const { data } = await client().get('/query/video_generation', { params: { task_id: taskId } });
	return data;
}

describe("the stand-in for MiniMax's API", () => {
	it("makes the sandbox's videos, in the sandbox's time", async () => {
		const { data: submitted } = await client().post('/video_generation', ORDER);
		const taskId: string = submitted.task_id;
		expect(submitted.base_resp.status_code).toBe(0);

		expect(await statusOf(taskId)).toMatchObject({ status: 'Queueing' });
		atHand.passSeconds(99);
		expect(await statusOf(taskId)).toMatchObject({ status: 'Processing' });
		expect(await statusOf(taskId)).not.toHaveProperty('file_id');
		atHand.passSeconds(1);
		const finished = { status: 'Success', file_id: taskId };
		expect(await statusOf(taskId)).toMatchObject(finished);
		expect(standIn.statusReadsOf(taskId)).toBe(4);

		const { data: found } = await client().get('/files/retrieve', { params: { file_id: taskId } });
		const media = atHand.sandbox.mediaOf(taskId);
		expect(found.file.bytes).toBe(media.sizeBytes);
		const { data: video } = await axios.get<Buffer>(found.file.download_url, {
			responseType: 'arraybuffer',
		});
		expect(video.equals(media.bytes())).toBe(true);
		expect(atHand.sandbox.violations).toEqual([]);
	});

	it('uses a plan for one submission', async () => {
		standIn.planJob({
			generationSeconds: 0,
			outcome: { status: 'completed', mediaPaddingBytes: 1000 },
		});
		const planned = await client().post('/video_generation', ORDER);
		const other = await client().post('/video_generation', ORDER);

		expect(await statusOf(planned.data.task_id)).toMatchObject({ status: 'Success' });
		expect(await statusOf(other.data.task_id)).toMatchObject({ status: 'Queueing' });
		const [padded, plain] = [planned, other].map(
			({ data }) => atHand.sandbox.mediaOf(data.task_id).sizeBytes,
		);
		expect(padded - plain).toBe(1000);
	});

	it.each([
		['another model', { ...ORDER, model: 'I2V-01' }],
		['no picture', { ...ORDER, first_frame_image: undefined }],
	])('refuses %s in the body of a 200', async (_, order) => {
		const { data } = await client().post('/video_generation', order);
		expect(data.base_resp.status_code).toBe(2013);
		expect(atHand.sandbox.tasks()).toEqual([]);
	});

	it('refuses a wrong key', async () => {
		const { data } = await client('another-key').post('/video_generation', ORDER);
		expect(data.base_resp.status_code).toBe(1004);
		expect(atHand.sandbox.tasks()).toEqual([]);
	});
});
