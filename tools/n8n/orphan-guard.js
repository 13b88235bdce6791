/*
 * Ends a process group when whoever started it is gone without having ended it (killed, crashed, Ctrl-C
 * in a test runner): standard input is a pipe from there, and it closes then.
 *
 *   node orphan-guard.js <id of the process group> [<folder to remove afterwards>]
 */
const { rmSync } = require('node:fs');

const [groupId, folder] = process.argv.slice(2);

process.stdin.resume();
process.stdin.once('close', () => {
	try {
		process.kill(-Number(groupId), 'SIGKILL');
	} catch {
		// It has ended by itself.
	}
	if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});
