import { fitsMatch } from './faults';
import type { TaskPlan } from './sandbox-interface';

/** The plans that wait for their submissions. */
export class PlanQueue {
	private plans: TaskPlan[] = [];

	add(plan: TaskPlan): void {
		this.plans.push(plan);
	}

	/** Takes the first plan that fits out of the queue; an empty plan when none does. */
	take(prompt: string | null): TaskPlan {
		const index = this.plans.findIndex((plan) => fitsMatch(plan.match, prompt));
		if (index === -1) return {};
		const [plan] = this.plans.splice(index, 1);
		return plan;
	}

	clear(): void {
		this.plans = [];
	}
}

/**
 * What a person can ask for in the prompt itself, so that failures can be tried out in the editor:
 * `#sandbox-fail:<code>` and `#sandbox-seconds:<number>`.
 */
export function planFromPrompt(prompt: string | null): TaskPlan {
	const failureCode = /#sandbox-fail:([A-Za-z0-9_]+)/.exec(prompt ?? '')?.[1];
	const seconds = /#sandbox-seconds:(\d+(?:\.\d+)?)/.exec(prompt ?? '')?.[1];
	return {
		...(failureCode === undefined ? {} : { outcome: { status: 'failed', code: failureCode } }),
		...(seconds === undefined ? {} : { generationSeconds: Number(seconds) }),
	};
}
