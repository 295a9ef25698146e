/**
 * The data directory of a server: made if it is missing, and tried before anything depends on it.
 */

import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SystemError } from '../base/errors.js';

/**
 * Creates the data directory and checks that it can be written to.
 *
 * @throws SystemError DIRECTORY with a sentence about what is in the way
 */
export function prepareDirectory(directory: string): void {
  try {
    makeDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
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
