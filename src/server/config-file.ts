/**
 * Writes a configuration file anew for CONFIG REWRITE: all of it, or not at all (replace-file.ts). A file that has nothing new to
 * say is not written.
 *
 * Source: `rewriteConfigOverwriteFile` in Redis's config.c.
 */

import { readFileSync, realpathSync, statSync } from 'node:fs';
import type { Config } from '../engine/config/config.js';
import { type ConfiguredUsers, rewriteConfigText } from '../engine/config/rewrite.js';
import { replaceFile } from './replace-file.js';

/** Of a file that was not there any more: it may hold passwords. */
const MODE_DEFAULT = 0o600;

/**
 * Brings the file at `path` up to what `config` is; one that is gone is made again.
 *
 * @throws the system's error, or a CrabError when a file that it includes can't be read
 */
export function rewriteConfigFile(path: string, config: Config, users?: ConfiguredUsers): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const target = stats === undefined ? path : realpathSync(path); // the file itself, not a link to it
  const before = stats === undefined ? '' : readFileSync(target, 'utf8');
  const after = rewriteConfigText(before, target, config, users);
  if (stats !== undefined && after === before) return;
  replaceFile(target, { data: after, mode: MODE_DEFAULT, like: stats });
}

/** Why a file could not be written, in the words of the C library where they are well known. */
export function describeFileError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EACCES':
      return 'Permission denied';
    case 'EPERM':
      return 'Operation not permitted';
    case 'ENOENT':
      return 'No such file or directory';
    case 'EROFS':
      return 'Read-only file system';
    case 'ENOSPC':
      return 'No space left on device';
    default:
      return message;
  }
}
