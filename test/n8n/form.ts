import axios from 'axios';
import { setTimeout as delay } from 'node:timers/promises';

import { findStartNode } from '../../tools/engine/workflow-file';
import { isRecord } from '../../tools/n8n/n8n-answers';
import type { N8nApi, SavedWorkflow } from '../../tools/n8n/n8n-api';

/** A file that somebody chose in a form. */
export interface ChosenFile {
	fileName: string;
	mimeType: string;
	bytes: Buffer;
}

/** What somebody fills into a form, by the label of the field. */
export type FormAnswers = Readonly<Record<string, string | ChosenFile>>;

const CHECK_INTERVAL_MS = 100;
const START_TIMEOUT_MS = 15_000;

/**
 * Switches the workflow on, opens its form, fills it in and sends it, as a browser does.
 * @returns the id of the execution that it started
 * @throws Error when the form has no field of a label, or n8n does not accept what was sent
 */
export async function fillInForm(
	api: N8nApi,
	workflow: SavedWorkflow,
	answers: FormAnswers,
): Promise<string> {
	await api.activate(workflow);
	return await send(api, workflow, 'form', answers);
}

/**
 * Chooses "Execute workflow" and fills in the form that it opens: for workflows that are not active.
 * Returns and throws as {@link fillInForm}.
 */
export async function fillInTestForm(
	api: N8nApi,
	workflow: SavedWorkflow,
	answers: FormAnswers,
): Promise<string> {
	await api.runManually(workflow);
	return await send(api, workflow, 'form-test', answers);
}

/** Does what starts an execution of the workflow, and returns the id of that execution. */
export async function executionStartedBy(
	api: N8nApi,
	workflow: SavedWorkflow,
	start: () => Promise<unknown>,
): Promise<string> {
	const known = new Set((await api.executionsOf(workflow)).map(({ id }) => id));
	await start();
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	while (Date.now() < deadlineMs) {
		const started = (await api.executionsOf(workflow)).find(({ id }) => !known.has(id));
		if (started !== undefined) return started.id;
		await delay(CHECK_INTERVAL_MS);
	}
	throw new Error('No execution was started');
}

async function send(
	api: N8nApi,
	workflow: SavedWorkflow,
	route: 'form' | 'form-test',
	answers: FormAnswers,
): Promise<string> {
	const trigger = findStartNode(workflow.file);
	const url = `${api.session.baseUrl}/${route}/${trigger.webhookId}`;
	const page = await openPage(url);
	const body = new FormData();
	const labels = fieldLabels(trigger.parameters);
	for (const [label, answer] of Object.entries(answers)) {
		const field = `field-${labels.indexOf(label)}`;
		if (!page.includes(field)) throw new Error(`The form has no field "${label}"`);
		if (typeof answer === 'string') body.append(field, answer);
		else {
			const bytes = new Uint8Array(answer.bytes);
			body.append(field, new Blob([bytes], { type: answer.mimeType }), answer.fileName);
		}
	}
	return await executionStartedBy(api, workflow, async () => {
		await axios.post(url, body, { proxy: false });
	});
}

/** n8n 2.x answers an activation before the addresses of the workflow are there. */
async function openPage(url: string): Promise<string> {
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	for (;;) {
		const { status, data } = await axios.get<string>(url, {
			responseType: 'text',
			proxy: false,
			validateStatus: () => true,
		});
		if (status === 200) return data;
		if (status !== 404 || Date.now() > deadlineMs) {
			throw new Error(`n8n answers the form's address with ${status}`);
		}
		await delay(CHECK_INTERVAL_MS);
	}
}

function fieldLabels({ formFields }: Readonly<Record<string, unknown>>): string[] {
	const values = isRecord(formFields) ? formFields.values : undefined;
	if (!Array.isArray(values)) throw new Error('The trigger has no form fields');
	return values.map((field: unknown) =>
		isRecord(field) && typeof field.fieldLabel === 'string' ? field.fieldLabel : '',
	);
}
