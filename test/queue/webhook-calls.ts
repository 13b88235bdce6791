/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import axios from 'axios';
import { setTimeout as delay } from 'node:timers/promises';

import { findStartNode } from '../../tools/engine/workflow-file';
import { readText } from '../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../tools/n8n/n8n-api';

/** One call of the webhook. */
export interface WebhookCall {
	prompt: string;
	sentAtMs: number;
	answeredAtMs: number;
	/** HTTP status, or the code of the network error, e.g. `ECONNREFUSED`. */
	answer: number | string;
}

/** Longer than any server is away in these tests. */
const CALL_TIMEOUT_MS = 60_000;
const TAKEN_TIMEOUT_MS = 30_000;
const REGISTRATION_TIMEOUT_MS = 15_000;
const REGISTRATION_CHECK_INTERVAL_MS = 100;

/** The production address of an active workflow's webhook. */
export function webhookUrl(mainUrl: string, workflow: SavedWorkflow): string {
	return `${mainUrl}/webhook/${readText(findStartNode(workflow.file).parameters, 'path')}`;
}

/** Calls the webhook once. Never throws: what came back is in the result. */
export async function callWebhook(url: string, prompt: string): Promise<WebhookCall> {
	const sentAtMs = Date.now();
	let answer: WebhookCall['answer'];
	try {
		const response = await axios.post(
			url,
			{ prompt },
			{ proxy: false, timeout: CALL_TIMEOUT_MS, validateStatus: () => true },
		);
		answer = response.status;
	} catch (error) {
		answer = axios.isAxiosError(error) ? (error.code ?? error.message) : String(error);
	}
	return { prompt, sentAtMs, answeredAtMs: Date.now(), answer };
}

/**
 * Calls the webhook again and again until n8n takes the call; a call that it refuses starts nothing.
 * @returns the call that it took
 * @throws Error when it takes none within half a minute
 */
export async function callUntilTaken(url: string, prompt: string): Promise<WebhookCall> {
	const deadlineMs = Date.now() + TAKEN_TIMEOUT_MS;
	for (;;) {
		const call = await callWebhook(url, prompt);
		if (call.answer === 200) return call;
		if (Date.now() > deadlineMs) throw new Error(`n8n answers the webhook with ${call.answer}`);
		await delay(REGISTRATION_CHECK_INTERVAL_MS);
	}
}

/** Calls the webhook for each prompt, one call after another at even distances. */
export async function callWebhookEvenly(
	url: string,
	prompts: readonly string[],
	withinMs: number,
): Promise<WebhookCall[]> {
	const startedMs = Date.now();
	const calls = prompts.map(async (prompt, index) => {
		await delay(startedMs + (index * withinMs) / prompts.length - Date.now());
		return await callWebhook(url, prompt);
	});
	return await Promise.all(calls);
}

/**
 * Waits until n8n serves the address: it answers an activation before that. Asks in a way that
 * starts nothing.
 * @throws Error when it is not there within 15 s
 */
export async function waitForWebhook(url: string): Promise<void> {
	const deadlineMs = Date.now() + REGISTRATION_TIMEOUT_MS;
	for (;;) {
		// The webhook takes POST only, and n8n's answer to GET says whether the path is known.
		const { data } = await axios.get<unknown>(url, { proxy: false, validateStatus: () => true });
		if (JSON.stringify(data).includes('Did you mean to make a POST request')) return;
		if (Date.now() > deadlineMs) throw new Error(`n8n does not serve ${url}`);
		await delay(REGISTRATION_CHECK_INTERVAL_MS);
	}
}
