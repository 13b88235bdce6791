/** One rule that was looked at, and what was found against it: nothing, if it holds. */
export interface CheckedRule {
	/** The rule as a sentence that is true when nothing was found. */
	rule: string;
	/** What contradicts it, one line each: file, place, and what to do where that is not plain. */
	findings: string[];
}

/**
 * Prints each rule with its findings and sets the process's exit code: 0 when all rules hold, else 1.
 *
 * @param title what was checked, for the closing line
 */
export function reportRules(title: string, checkedRules: CheckedRule[]): void {
	for (const { rule, findings } of checkedRules) {
		print(`${findings.length === 0 ? '  ok   ' : '  FAIL '}${rule}`);
		for (const finding of findings) print(`         ${finding.replace(/\n/g, '\n         ')}`);
	}
	const brokenRules = checkedRules.filter(({ findings }) => findings.length > 0).length;
	print(
		brokenRules === 0
			? `${title}: all ${checkedRules.length} rules hold`
			: `${title}: ${brokenRules} of ${checkedRules.length} rules broken`,
	);
	process.exitCode = brokenRules === 0 ? 0 : 1;
}

/** Writes one line to the terminal. */
export function print(line: string): void {
	process.stdout.write(`${line}\n`);
}
