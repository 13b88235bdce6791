import { jobRecords } from '../../../benchmarks/job-records';
import { closeSandboxes, openSandbox } from '../sandbox/sandbox-client';

afterEach(closeSandboxes);

async function fetchedVideo() {
	const { sandbox, http, submit } = await openSandbox({ generationSeconds: 0 });
	const taskId = await submit();
	await http.get(`/v1/tasks/${taskId}`);
	const task = sandbox.task(taskId);
	if (task === undefined || task.mediaUrl === null) throw new Error('There is no video');
	await http.get(task.mediaUrl, { headers: { Authorization: null } });
	const [download] = sandbox.requestsOf('media');
	return { sandbox, task, download };
}

describe('the records of a job', () => {
	it('tell how long after its end the first request for its file arrived', async () => {
		const { sandbox, task, download } = await fetchedVideo();
		const later = { ...download, receivedAtMs: download.receivedAtMs + 60_000 };
		const ended3SecondsBefore = {
			...task,
			createdAtMs: download.receivedAtMs - 13_000,
			generationSeconds: 10,
		};

		const [record] = jobRecords(
			[ended3SecondsBefore],
			[...sandbox.requests, later],
			({ readCount }) => readCount,
		);

		expect(record).toEqual({ taskId: task.taskId, noticeDelaySeconds: 3, statusReads: 1 });
	});

	it('cannot be had of a video that was not fetched', async () => {
		const { sandbox, task } = await fetchedVideo();
		const others = sandbox.requests.filter(({ kind }) => kind !== 'media');
		expect(() => jobRecords([task], others, () => 1)).toThrow('never fetched');
	});

	it('cannot be had of a video that was fetched too early', async () => {
		const { sandbox, task, download } = await fetchedVideo();
		const unfinished = { ...task, createdAtMs: download.receivedAtMs, generationSeconds: 1 };
		expect(() => jobRecords([unfinished], sandbox.requests, () => 1)).toThrow('before it was');
	});
});
