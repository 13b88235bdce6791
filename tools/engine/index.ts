/**
 * Runs workflow files on n8n's own engine (n8n-core), without the rest of n8n: no server, no
 * database, no editor. Used by the engine tests and the demo.
 */
export { startEngine, type Engine, type EngineOptions, type RetryOptions } from './engine';
export type { RunningWorkflow, WorkflowRunOptions } from './execution';
export type { BinaryDataMode } from './engine-packages';
export type { NodeSource } from './node-types';
export type { RunCredentials } from './run-credentials';
export { executionHints, nodeError, outputItems } from './run-results';
export { readWorkflowFile, type WorkflowFile } from './workflow-file';
