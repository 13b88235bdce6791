/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
/** Prints what a test has measured, for docs/scaling.md. */
export function printMeasured(what: string, figures: object): void {
	process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
}
