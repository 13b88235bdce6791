/**
 * Lets ffmpeg and Chromium judge joined films: `npm run test:film [-- --update] [-- JEST OPTIONS]`. With
 * --update, ffmpeg first draws the clips anew.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { drawClips } from './clips';

const given = process.argv.slice(2);
if (given.includes('--update')) drawClips();
const forJest = given.filter((one) => one !== '--update');
const jest = ['jest', '-c', join(__dirname, 'jest.config.js'), ...forJest];
process.exitCode = spawnSync('npx', jest, { stdio: 'inherit' }).status ?? 1;
