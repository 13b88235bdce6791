import type { IBinaryData } from 'n8n-workflow';

import type { EvolinkFailure } from '../evolink/failure';
import { downloadFailure } from '../evolink/failures';
import { webUrl } from '../evolink/imageUrl';
import { isOk, isTemporary, retryAfterMs } from '../evolink/response';
import {
	BEGINNING_BYTES,
	isMadeOfBoxes,
	resultFileName,
	resultMediaType,
} from '../evolink/resultFile';
import { BoxWalk } from '../mp4/boxWalk';
import { openLink } from '../n8n/http';
import type { LinkResponse, NoLinkReason } from '../n8n/http';
import { BodyTrouble, storeBody } from '../n8n/videoFile';
import type { BodyJudge } from '../n8n/videoFile';
import { repeatUntil } from '../time/repeat';
import type { Again, Attempt } from '../time/repeat';
import type { Execution } from './runItems';

/** A result to download. */
export interface ResultRequest {
	link: string;
	taskId: string;
	/** The name that the user asked for, or nothing. */
	wantedFileName: string;
	/** How long the download may take, from now on. */
	allowedMs: number;
	/** Whether the link may be older than a day, or its age is not known. */
	mayHaveExpired: boolean;
}

/** A link that has not begun to answer by then is opened again. */
const OPENING_TIMEOUT_MS = 30_000;

/**
 * A link that is refused, a page or an empty file in its place may be a passing fault: a storage can
 * be some seconds behind. What lasts for a minute is not.
 */
const PATIENCE_WITH_UNUSABLE_MS = 60_000;

const NO_RESPONSE_WORDS: Record<NoLinkReason, string> = {
	dns: 'the address in the link could not be found',
	refused: 'nothing answers at the address in the link',
	proxy: 'the proxy did not let the request through',
	handshake: 'no secure connection could be made',
	notSent: 'the link could not be opened',
	timedOut: 'the server did not answer in time',
	broken: 'the connection broke off',
	redirectLoop: 'too many redirects',
	redirectOffWeb: 'the link leads to something that is not a web address',
};

const OPEN_IN_BROWSER = 'Open the link in a browser to see what it shows.';

/** What went wrong with one attempt. */
interface Trouble {
	what: string;
	httpCode?: number;
}

/**
 * Downloads a result to where n8n keeps files, trying again until its time is over when the network
 * or the server has a bad moment. A file that is not whole is never delivered.
 *
 * @throws EvolinkFailure with the link, when it is hopeless or the time is up
 * @throws Stopped when the execution is stopped
 */
export async function downloadResult(
	request: ResultRequest,
	execution: Execution,
): Promise<IBinaryData> {
	const { link, allowedMs } = request;
	if (webUrl(link) === undefined) {
		const advice = 'This should not happen: tell Evolink about it.';
		throw downloadFailure(link, 'its link is not a web address', advice);
	}
	const { clock } = execution;
	const end = await repeatUntil(
		async (remainingMs) => await attemptDownload(request, remainingMs, execution),
		{ deadlineMs: clock.nowMs() + allowedMs },
		clock,
	);
	if ('done' in end) return end.done;
	throw gaveUp(request, end);
}

function gaveUp(
	{ link, allowedMs }: ResultRequest,
	{ trouble, patienceMs }: Again<Trouble>,
): EvolinkFailure {
	const { what = 'no reason was given', httpCode } = trouble ?? {};
	if (patienceMs !== undefined) return downloadFailure(link, what, OPEN_IN_BROWSER, { httpCode });
	return downloadFailure(
		link,
		what,
		`It was tried for ${Math.round(allowedMs / 1000)} seconds. To try longer, raise 'Timeout (Seconds)' in the options.`,
		{ httpCode, timedOut: true },
	);
}

function unusable(trouble: Trouble): Attempt<never, Trouble> {
	return { trouble, patienceMs: PATIENCE_WITH_UNUSABLE_MS };
}

async function attemptDownload(
	request: ResultRequest,
	allowedMs: number,
	{ context, stop }: Execution,
): Promise<Attempt<IBinaryData, Trouble>> {
	const { link } = request;
	const response = await openLink(context, link, Math.min(OPENING_TIMEOUT_MS, allowedMs), stop);
	if ('noResponse' in response) {
		const { noResponse } = response;
		const what = NO_RESPONSE_WORDS[noResponse];
		if (noResponse !== 'notSent') {
			return noResponse.startsWith('redirect') ? unusable({ what }) : { trouble: { what } };
		}
		const advice =
			'Open the link in a browser: if it opens there, n8n may not be allowed to reach that host.';
		throw downloadFailure(link, what, advice);
	}
	if (!isOk(response)) {
		response.discard();
		return judgeStatus(request, response);
	}
	const stored = storeBody(context, response, judgeOf(request), allowedMs, stop);
	return await stored.then((done) => ({ done })).catch((error: unknown) => judgeBody(link, error));
}

/** @throws EvolinkFailure where another download would meet the same; what is no trouble of a body */
function judgeBody(link: string, error: unknown): Attempt<never, Trouble> {
	if (!(error instanceof BodyTrouble)) throw error;
	const { what, kind } = error;
	if (kind !== 'notStored') return kind === 'broken' ? { trouble: { what } } : unusable({ what });
	throw downloadFailure(
		link,
		`n8n could not store it: ${what}`,
		'Ask whoever runs n8n to check the place where it keeps binary data: free space, access rights, and the storage service if it uses one.',
	);
}

function judgeStatus(
	{ link, mayHaveExpired }: ResultRequest,
	{ status, headers }: LinkResponse,
): Attempt<never, Trouble> {
	if (isTemporary(status)) {
		const trouble = { what: `the server answered HTTP ${status}`, httpCode: status };
		return { trouble, askedMs: retryAfterMs(headers, Date.now()) };
	}
	const what = `the link answered HTTP ${status}`;
	const mayPass = (status === 403 || status === 404) && !mayHaveExpired;
	if (mayPass) return unusable({ what, httpCode: status });
	const advice = mayHaveExpired
		? 'Links stop working 24 hours after the start of the task.'
		: OPEN_IN_BROWSER;
	throw downloadFailure(link, what, advice, { httpCode: status });
}

function whatElse(beginning: Uint8Array): string {
	const isText = beginning.every((byte) => byte >= 0x20 || [0x09, 0x0a, 0x0d].includes(byte));
	return isText
		? 'the link shows a page instead of a file'
		: 'the link leads to another kind of file';
}

/** A file is judged by its bytes, whatever it is called and whatever its length was said to be. */
function judgeOf({ wantedFileName, taskId }: ResultRequest): BodyJudge {
	let walk: BoxWalk | undefined;
	return {
		beginningBytes: BEGINNING_BYTES,
		name(beginning) {
			if (beginning.length === 0) throw new BodyTrouble('the file is empty', 'unusable');
			const mediaType = resultMediaType(beginning);
			if (mediaType === undefined) throw new BodyTrouble(whatElse(beginning), 'unusable');
			if (isMadeOfBoxes(mediaType)) walk = new BoxWalk();
			return { fileName: resultFileName(wantedFileName, taskId, mediaType), mediaType };
		},
		pass: (piece) => walk?.push(piece),
		isWhole: () => walk?.isWhole ?? true,
	};
}
