import { SANDBOX_PRICES, SANDBOX_PRICES_PER_SECOND } from './bill';
import type { BillEntry, TaskSnapshot } from './sandbox-interface';
import type { SandboxState } from './sandbox-state';
import { snapshotOf } from './tasks';

const MOST_SHOWN_VIDEOS = 50;

/** Returns the text as HTML, also for attributes. */
export function escaped(text: string): string {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function row(cells: ReadonlyArray<string | number>): string {
	return `<tr>${cells.map((cell) => `<td>${escaped(String(cell))}</td>`).join('')}</tr>`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
	const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
	return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

const WHEN = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium' });

/** The sandbox shows its own uploads; it loads nothing from anywhere else. */
function imageCell(url: string | null, sandboxUrl: string): string {
	if (url === null) return '';
	const link = escaped(url);
	if (!url.startsWith(`${sandboxUrl}/`)) return `<a href="${link}">${link}</a>`;
	return `<a href="${link}"><img src="${link}" alt="Image" height="80"></a>`;
}

function videoCell({ status, progress, mediaUrl, failureCode }: TaskSnapshot): string {
	if (mediaUrl !== null) {
		return `<video src="${escaped(mediaUrl)}" controls preload="metadata" height="120"></video>`;
	}
	return escaped(failureCode ?? `${status}, ${progress} %`);
}

function videoRow(state: SandboxState, entry: BillEntry): string {
	const task = state.tasks.get(entry.taskId);
	const snapshot = snapshotOf(task, state.nowMs(), state.url());
	const { imageUrl, lastImageUrl, quality, durationSeconds, model, prompt } = snapshot;
	const cells = [
		escaped(WHEN.format(snapshot.createdAtMs)),
		`<code>${escaped(entry.taskId)}</code>`,
		[imageUrl, lastImageUrl]
			.map((url) => imageCell(url, state.url()))
			.filter(Boolean)
			.join('<br><br>'),
		videoCell(snapshot),
		escaped(prompt ?? ''),
		escaped(`${model}, ${quality}, ${durationSeconds} s`),
		String(entry.credits),
	];
	return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function videosPart(state: SandboxState): string {
	const { entries, usedCredits, remainingCredits } = state.bill;
	if (entries.length === 0) return '<p>No video has been started yet.</p>';
	const rows = entries.slice(-MOST_SHOWN_VIDEOS).map((entry) => videoRow(state, entry));
	const older = entries.length - rows.length;
	const heads = ['When', 'Task ID', 'Image', 'Video', 'Prompt', 'Settings', 'Credits (invented)'];
	return `<p>Videos started: ${entries.length}. Credits: ${usedCredits} used, ${remainingCredits} left. Reload to see new ones.
${older > 0 ? `The ${older} oldest are not shown.` : ''}</p>
${table(heads, rows.reverse())}`;
}

/** The page at `/`: what this is, what to put into the credential, and the videos so far, newest first. */
export function frontPage(state: SandboxState): string {
	const listed = Object.entries(SANDBOX_PRICES).flatMap(([quality, byDuration]) =>
		Object.entries(byDuration).map(([seconds, credits]) => row([quality, `${seconds} s`, credits])),
	);
	const perSecond = Object.entries(SANDBOX_PRICES_PER_SECOND).map(([quality, credits]) =>
		row([quality, 'other lengths, per second', credits]),
	);
	const { violations } = state.log;
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evolink sandbox</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 4rem; } td:first-child, code { white-space: nowrap; }
code { background: #eef1f4; padding: .1em .3em; border-radius: .2em; }
@media (prefers-color-scheme: dark) { body { background: #15181c; color: #e6e6e6; } code { background: #2a3038; } }
</style>
</head>
<body>
<h1>Evolink sandbox</h1>
<p>A stand-in for Evolink's video API that runs on this computer. It costs nothing and sends nothing
anywhere: every "generated" video is a test clip.</p>
<h2>Videos</h2>
${videosPart(state)}
<h2>In n8n</h2>
<p>Create an <em>Evolink API</em> credential with these values:</p>
${table(
	['Field', 'Value'],
	[
		['API Key', state.apiKey],
		['API Base URL', state.url()],
		['File API Base URL', state.url()],
	].map(([field, value]) => `<tr><td>${field}</td><td><code>${escaped(value)}</code></td></tr>`),
)}
<p>When n8n runs in a container, 127.0.0.1 is the container itself: see the sandbox's README.</p>
<h2>Try things out in the prompt</h2>
<ul>
<li><code>#sandbox-fail:content_policy_violation</code> makes the task fail with that code (any code works).</li>
<li><code>#sandbox-seconds:60</code> makes the task take 60 seconds.</li>
</ul>
<h2>Prices</h2>
<p>Invented for the sandbox. They are not Evolink's prices.</p>
${table(['Quality', 'Duration', 'Credits'], [...listed, ...perSecond])}
<h2>What clients did wrong</h2>
${
	violations.length === 0
		? '<p>Nothing.</p>'
		: `<ul>${violations.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`
}
</body>
</html>
`;
}
