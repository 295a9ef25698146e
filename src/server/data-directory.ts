/**
 * The data directory of a server: made if it is missing, and tried before anything depends on it.
 */

import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SystemError } from '../base/errors.js';

/** Reading and searching, by others than the owner. */
const OTHERS_READ = 0o055;

/**
 * Creates the data directory, for its owner alone, and checks that it can be written to. One that is there keeps its permissions:
 * who may read it is its owner's decision.
 *
 * @returns a sentence about others being able to read it, or undefined
 * @throws SystemError DIRECTORY with a sentence about what is in the way
 */
export function prepareDirectory(directory: string): string | undefined {
  try {
    makeDirectory(directory);
    const stats = statSync(directory);
    if (!stats.isDirectory()) throw new Error('it is not a directory');
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (process.platform === 'win32' || (stats.mode & OTHERS_READ) === 0) return undefined;
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    return `others may look into the data directory ${directory} (its mode is ${mode}): chmod 700 keeps them out`;
  } catch (cause) {
    throw new SystemError('DIRECTORY', "can't use the data directory (check --dir)", directory, -1, cause);
  }
}

/**
 * Like `mkdir -p`. (`mkdirSync` with `recursive` never returns where a directory has no room for others, as
 * in /proc.)
 */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory, { mode: 0o700 });
}
