import type {
	ICredentialDataDecryptedObject,
	ICredentialsExpressionResolveValues,
} from 'n8n-workflow';

import { RunCredentialsHelper } from '../../tools/engine/run-credentials';

function isResolveValues(value: unknown): value is ICredentialsExpressionResolveValues {
	return typeof value === 'object' && value !== null && 'connectionInputData' in value;
}

/**
 * Lets expressions in a credential see the item that it is read for, as n8n's own helper does; the
 * engine's stand-in resolves them without any. Returns how to end that.
 */
export function resolveCredentialsByItem(): () => void {
	const { prototype } = RunCredentialsHelper;
	const original = prototype.getDecrypted;
	prototype.getDecrypted = async function (data, credentials, type, mode, ...more: unknown[]) {
		const values = more.find(isResolveValues);
		if (values === undefined) return await original.call(this, data, credentials, type, mode);
		const { workflow, runExecutionData, runIndex, itemIndex, node, connectionInputData } = values;
		const given = Object(Reflect.get(this, 'values'))[type];
		const resolved = workflow.expression.getParameterValue(
			given,
			runExecutionData,
			runIndex,
			itemIndex,
			node.name,
			connectionInputData,
			mode,
			{},
			undefined,
			false,
			given,
		) as ICredentialDataDecryptedObject;
		return await this.withDefaults(type, resolved, mode);
	};
	return () => {
		prototype.getDecrypted = original;
	};
}
