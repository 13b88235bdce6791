import { randomBytes } from 'crypto';
import type { IBinaryData, IDataObject } from 'n8n-workflow';

import { resultFileName } from '../evolink/resultFile';
import { parseTask } from '../evolink/task';
import type { JsonObject, JsonValue } from '../evolink/task';
import { wouldStart } from '../money/paidTasks';
import type { Identity } from '../money/paidTasks';
import { simplifiedTask } from './finishTask';
import type { Execution, ItemOutput } from './runItems';
import type { CheckedVideo } from './videoSettings';
import type { TaskSettings } from './waitOptions';

/** Two seconds of the word "Rehearsal": an MP4 of 640 × 360 pixels, H.264, made with ffmpeg. */
const VIDEO_BASE64 =
	'AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDEAAANTbW9vdgAAAGxtdmhkAAAAAAAAAAAAAAAAAAAD6AAAB9AAAQAAAQAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAAAqJ0cmFrAAAAXHRraGQAAAADAAAAAAAAAAAAAAABAAAAAAAAB9AAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAoAAAAFoAAAAAAAkZWR0cwAAABxlbHN0AAAAAAAAAAEAAAfQAAAAAAABAAAAAAIabWRpYQAAACBtZGhkAAAAAAAAAAAAAAAAAAAoAAAAUABVxAAAAAAALWhkbHIAAAAAAAAAAHZpZGUAAAAAAAAAAAAAAABWaWRlb0hhbmRsZXIAAAABxW1pbmYAAAAUdm1oZAAAAAEAAAAAAAAAAAAAACRkaW5mAAAAHGRyZWYAAAAAAAAAAQAAAAx1cmwgAAAAAQAAAYVzdGJsAAAAvXN0c2QAAAAAAAAAAQAAAK1hdmMxAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAoABaABIAAAASAAAAAAAAAABDExhdmMgbGlieDI2NAAAAAAAAAAAAAAAAAAAAAAAAAAAGP//AAAAM2F2Y0MBQsAf/+EAGmdCwB+mEQKAv+XARAAAAwAEAAADAFA8YMhGAQAGaMhCA5LIAAAAEHBhc3AAAAABAAAAAQAAABRidHJ0AAAAAAAAMuQAADLkAAAAGHN0dHMAAAAAAAAAAQAAABQAAAQAAAAAFHN0c3MAAAAAAAAAAQAAAAEAAAAcc3RzYwAAAAAAAAABAAAAAQAAABQAAAABAAAAZHN0c3oAAAAAAAAAAAAAABQAAAkdAAABigAAAC8AAABCAAAAGwAAABsAAAAbAAAAGwAAABwAAAAcAAAAHAAAABwAAAAbAAAAGwAAABoAAAAaAAAAGQAAABkAAAAWAAAAEwAAABRzdGNvAAAAAAAAAAEAAAODAAAAPXVkdGEAAAA1bWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAbWRpcmFwcGwAAAAAAAAAAAAAAAAIaWxzdAAAAAhmcmVlAAAMwW1kYXQAAAJzBgX//2/cRem95tlIt5Ys2CDZI+7veDI2NCAtIGNvcmUgMTY0IHIzMDk1IGJhZWU0MDAgLSBILjI2NC9NUEVHLTQgQVZDIGNvZGVjIC0gQ29weWxlZnQgMjAwMy0yMDIyIC0gaHR0cDovL3d3dy52aWRlb2xhbi5vcmcveDI2NC5odG1sIC0gb3B0aW9uczogY2FiYWM9MCByZWY9MTYgZGVibG9jaz0xOjA6MCBhbmFseXNlPTB4MToweDEzMSBtZT11bWggc3VibWU9MTAgcHN5PTEgcHN5X3JkPTEuMDA6MC4wMCBtaXhlZF9yZWY9MSBtZV9yYW5nZT0yNCBjaHJvbWFfbWU9MSB0cmVsbGlzPTIgOHg4ZGN0PTAgY3FtPTAgZGVhZHpvbmU9MjEsMTEgZmFzdF9wc2tpcD0xIGNocm9tYV9xcF9vZmZzZXQ9LTIgdGhyZWFkcz0xIGxvb2thaGVhZF90aHJlYWRzPTEgc2xpY2VkX3RocmVhZHM9MCBucj0wIGRlY2ltYXRlPTEgaW50ZXJsYWNlZD0wIGJsdXJheV9jb21wYXQ9MCBjb25zdHJhaW5lZF9pbnRyYT0wIGJmcmFtZXM9MCB3ZWlnaHRwPTAga2V5aW50PTI1MCBrZXlpbnRfbWluPTEwIHNjZW5lY3V0PTQwIGludHJhX3JlZnJlc2g9MCByY19sb29rYWhlYWQ9NjAgcmM9Y3JmIG1idHJlZT0xIGNyZj00MC4wIHFjb21wPTAuNjAgcXBtaW49MCBxcG1heD02OSBxcHN0ZXA9NCBpcF9yYXRpbz0xLjQwIGFxPTE6MS4wMACAAAAGomWIggb4iGBQABALjhjt999999999999999999999999999999999999999ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddf/8fgkWARVsZB1/f/+6wQmwKsauz/6/kXX//8IIVAmvpno/+PXwyfi+Rf1PXXXXXXXXXXXXX/8Q14ZICR7FBweeWVKeuuuuuuuuuuuuuuuuvAP/+Z+/wIxSb1e8d3gOcOgNQKf4Fw3yDaHv+WqU/t8LyRwxIvwXxMGT/8idyOGVBI9jNXKn/jaqiqCqwVuWNWxM//+f2CQuHlk+//6lhgr8Cb9YaI+JIafz7/3cqnOCVcJTk4Kn//7BCbgVWEy/9xuHDMDByoff8Iz05sirP/VQFJ4IEpzV//934ZLARfaF1ZdrW7DTLGF/7gEFMkGTbrtGpuf+s09ggONxnk//hgkoZFgDFaZjEB3/gGtcLaiD4SWFWf+7leGHUFXFJfwMSNM/3v//uRO5qgygC2bqajPz5LwDzKdAnWf+AVVCCFSOe3Zgl6uDXZXR//7zQZE+bgOmMEln3hN1ML/wcxdVJBUVjFOW3NSv/XT2CAps4wYM6tT11111111111111111/wh/sKKAi/b8/AjFJvV7gGPBZgKWJepEEx7H5wEu0y84D3l/PToQFM0NeJ92++VsmL+DMQIRZOPxDADFrigMZeEv1goXLeyMZk/AA8LbvrDTFeWiU+EvYeFeVj7Oxf7DA8BC9Y2l7Bm869m5wpH/YK2BDF2cf4fUyd1/9h/+Y+BkkmYdkx4FBfElnvWZ/Gl7lTHDwxqgrxIQfDeNnvq+AFfWJoF1Xt/PFUh/dGEBv2Qbu3xxBo4Y/d0g437PJKLDvvyxgkewus1wJCZi3r/m8wb9Q/+Unykg7aP4FgwuDSL9P/+F3L5V653P7W/2HC4LXZX2TF/v3v9xKz0+PC1m5TCXwIpD9EbOOfB3/IlVKrqrEChqv8PxmRfg22S32Hqq461SlCcKPUhZUsWhCv7f6J+lQ96bciP01c/ZyKhEDDFU/wFo61GAtbXbc1xr/LK9Uh8Z0TkBjogN8J91wThQ9phLwRt6+ulP/4Rnynp66666666666666666//wDAIRnuOk0+kCBg4yIn84Sx/6cUhADDjnM/zBeCvaP+7f6UNUqBwUq5lml754fDw0L2/6++Puk1j/y4PAYvU6vqGj57ci8gf7X8GG0BNPXjvLTMRVy+tf//gGGCy/Xb//+GAQVVXb/6UPCB5ARpbhw3Y/OutYKUdE0b9Pu0gfPmMNfsbuUg7sjjNw08+gQsuO8fwQ3ZME0vfeKW5gJ1GNEv/CkxBEPB3PS8q7fwqDX2d3wS/CV59GbTp4vmn4ha7AMkpb7gsn4//4B8n/wDAGEZkhFlS/v8sPquogDv6ig7/zOBKT+myC9R/8FNLdlPu3+qFhadyljr8TeCPSf8nNe+Dt/9PnpBSAndijwiAh7O8JfhKdmeDXyF82ELYylqX/F7gNIC5Q9gatpl67f//gHwVddv//wDAJE9dddddddddddddddddLa2tra7W1tbW1tbW12tLa2tra2trS1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111xWA4AmOaWEC6EUsSEyJCZxVira09ddddddddddddddddddddddddddddddddddddc3qlp66666666666666666666666666666666666668AAAAYZBmhwN8AvJ3jT9HeET8LneET8LneET8LneE8MYxb4hFxC4hcQuIXELiFxC4hcQuIXELiFxC4hcQuIXELiFzrnXOudc651zrnXOsYd8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n4w75/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/Pxh3z+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fjDvn8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/GHfP5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5+MO+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz+fz8Yd8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n7GIMUyiFiDsM5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P5/P0LVf4hcQsQd8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8/n8AAAAArQZoqA3wC8neNP0d4RPwUH4Xghgn9Bzu4SELiFi+GIBLxC4hYJxCDuIWCOAAAAD5BmjsDfALyd40/R3g5F94XFvfOi51zrnXOudc651ggO+fz+fz+fz+fz8UMW8AnoQQepl+23ELBOIQbxCwQwAAAABdBmkkA3wC8neNP0d4ByRC4hYJxC4hYfgAAABdBmllA3wC8neNP0d4ByxC4hYJxC4hYdgAAABdBmmmA3wC8neNP0d4BzRC4hYJxC4hYbgAAABdBmnnA3wC8neNP0d4BzxC4hYJxC4hYZgAAABhBmoiAN8AvJ3jT9HeAdEQuIWCcQuIWF4AAAAAYQZqYkDfALyd40/R3gHTELiFgnELiFhWAAAAAGEGaqKA3wC8neNP0d4B1RC4hYJxC4hYTgAAAABhBmriwN8AvJ3jT9HeAdcQuIWCcQuIWEYAAAAAXQZrIwDfALyd40/R3gHZELiFgnELiFj4AAAAXQZrY0DfALyd40/R3gHbELiFgnELiFjYAAAAWQZro4DfALyd40/AO+IXELBOIXELFwAAAABZBmvjwN8AvJ3jT8A8IhcQsE4hcQsTAAAAAFUGbABvgF5O8afgHjELiFgnELiFngAAAABVBmxAb4BeTvGn4B5RC4hYJxC4hZYAAAAASQZsgG+AXk7wD6CFxCwTiFxC3AAAAD0GbMBvgDbxC4hYJxC4hcA==';

const MEDIA_TYPE = 'video/mp4';
const TASK_ID_PREFIX = 'rehearsal-';

/** How long a rehearsal pretends to wait. */
const PAUSE_MS = 2_000;

const ADVICE =
	"This was a rehearsal: no video was made and nothing was paid. To make videos, turn off 'Rehearse (No Cost)' in the options.";

/** Returns whether the ID is that of a rehearsal, which the API has never heard of. */
export function isRehearsalId(taskId: string): boolean {
	return taskId.startsWith(TASK_ID_PREFIX);
}

/** What a rehearsed task is about. */
interface Rehearsal {
	taskId: string;
	/** Null: not known. */
	model: JsonValue;
	isFinished: boolean;
	pauseMs: number;
	/** What to return beside the simplified task. */
	sent?: IDataObject;
}

function rehearsedTask({ taskId, model, isFinished }: Rehearsal): JsonObject {
	return {
		created: Math.floor(Date.now() / 1000),
		id: taskId,
		model,
		object: 'video.generation.task',
		progress: isFinished ? 100 : 0,
		status: isFinished ? 'completed' : 'pending',
		...(isFinished ? { results: [] } : {}),
		task_info: { can_cancel: false },
		type: 'video',
		rehearsal: true,
	};
}

/**
 * Returns the row of a rehearsed task. No request leaves n8n.
 *
 * @throws Stopped when the execution is stopped
 */
export async function rehearse(
	rehearsal: Rehearsal,
	settings: TaskSettings,
	{ context, clock, isAgentCall, advise }: Execution,
): Promise<ItemOutput> {
	advise(settings.itemIndex, ADVICE);
	await clock.sleep(rehearsal.pauseMs);
	const raw = rehearsedTask(rehearsal);
	const task = parseTask(raw);
	const json =
		settings.simplify && task !== undefined
			? { ...simplifiedTask(task), ...rehearsal.sent, rehearsal: true }
			: raw;
	const isWanted = settings.downloadVideo && rehearsal.isFinished && !isAgentCall;
	if (!isWanted) return { json };
	const fileName = resultFileName(settings.fileName, rehearsal.taskId, MEDIA_TYPE);
	const file: IBinaryData = await context.helpers.prepareBinaryData(
		Buffer.from(VIDEO_BASE64, 'base64'),
		fileName,
		MEDIA_TYPE,
	);
	return { json, binary: { [settings.outputPropertyName]: file } };
}

/** A video whose making is rehearsed: checked as any other. */
interface RehearsedVideo {
	itemIndex: number;
	identity: Identity;
	video: CheckedVideo;
	settings: TaskSettings;
}

/** Returns the row of a video as it would be made. It counts as started, but nothing is sent. */
export async function rehearseVideo(
	{ itemIndex, identity, video, settings }: RehearsedVideo,
	execution: Execution,
): Promise<ItemOutput> {
	const { paidTasks } = execution;
	if (wouldStart(paidTasks.find(itemIndex, identity))) {
		paidTasks.countVideo(1);
		paidTasks.remember(itemIndex, identity, { state: 'rehearsed' });
	}
	const body = video.body(video.images.map((image) => (image.kind === 'link' ? image.url : '')));
	const { imageUrl, lastImageUrl, ...sent } = video.sentIn(body);
	const isFinished = settings.waitForCompletion;
	const rehearsal = {
		taskId: `${TASK_ID_PREFIX}${randomBytes(8).toString('hex')}`,
		model: body.model,
		isFinished,
		pauseMs: isFinished ? PAUSE_MS : 0,
		// A file has no address, since nothing is uploaded.
		sent: { ...sent, imageUrl: imageUrl || null, lastImageUrl: lastImageUrl || null },
	};
	const output = await rehearse(rehearsal, settings, execution);
	paidTasks.forgetAgentCall(itemIndex, identity);
	return output;
}
