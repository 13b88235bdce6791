import type { Router } from 'express';
import { ApiError } from './api-errors';
import type { Fault, FaultAction, RecordedRequest, TaskPlan } from './sandbox-interface';
import type { SandboxState } from './sandbox-state';
import { snapshotOf } from './tasks';
import { isRecord } from './type-guards';

/** A fault as JSON can say it: there is no Infinity in JSON. */
type FaultInJson = Omit<Fault, 'times'> & { times?: number | 'always' };

// The bodies have been checked against openapi.yaml field by field before they get here; the guards
// repeat only what tells the types apart.
function isFaultAction(value: unknown): value is FaultAction {
	return isRecord(value) && typeof value.kind === 'string';
}

function isFaultInJson(value: unknown): value is FaultInJson {
	return isRecord(value) && typeof value.on === 'string' && isFaultAction(value.fault);
}

function isTaskPlan(value: unknown): value is TaskPlan {
	return isRecord(value) && (value.outcome === undefined || isRecord(value.outcome));
}

function withoutKey(record: RecordedRequest): Record<string, unknown> {
	const { authorization, ...headers } = record.headers;
	return {
		...record,
		headers: authorization === undefined ? headers : { ...headers, authorization: '(hidden)' },
	};
}

/** Faults, plans and everything recorded, for people and for programs in other processes. */
export function addControlRoutes(router: Router, state: SandboxState): void {
	router.post('/sandbox/faults', (req, res) => {
		if (!isFaultInJson(req.body)) throw new ApiError(400);
		const { times, ...fault } = req.body;
		try {
			state.faults.add({
				...fault,
				...(times === undefined ? {} : { times: times === 'always' ? Infinity : times }),
			});
		} catch (error) {
			if (error instanceof TypeError) throw new ApiError(400, { message: error.message });
			throw error;
		}
		res.json({ ok: true });
	});

	router.delete('/sandbox/faults', (_req, res) => {
		state.faults.clear();
		res.json({ ok: true });
	});

	router.post('/sandbox/plans', (req, res) => {
		if (!isTaskPlan(req.body)) throw new ApiError(400);
		state.plans.add(req.body);
		res.json({ ok: true });
	});

	router.post('/sandbox/tasks/:id/expire', (req, res) => {
		const task = state.tasks.find(req.params.id);
		if (task === undefined) throw new ApiError(404, { param: 'id' });
		task.isExpired = true;
		res.json({ ok: true });
	});

	router.get('/sandbox/tasks', (_req, res) => {
		const now = state.nowMs();
		res.json(state.tasks.all().map((task) => snapshotOf(task, now, state.url())));
	});

	router.get('/sandbox/bill', (_req, res) => {
		res.json({
			usedCredits: state.bill.usedCredits,
			remainingCredits: state.bill.remainingCredits,
			entries: state.bill.entries,
		});
	});

	router.get('/sandbox/requests', (_req, res) => {
		res.json(state.log.requests.map(withoutKey));
	});

	router.get('/sandbox/violations', (_req, res) => {
		res.json(state.log.violations);
	});

	router.post('/sandbox/reset', (_req, res) => {
		state.reset();
		res.json({ ok: true });
	});
}
