export { startSandbox } from './server';
export { SANDBOX_PRICES } from './bill';
export { SANDBOX_API_KEY } from './sandbox-interface';
export type * from './sandbox-interface';
