/**
 * Writes a configuration file anew for CONFIG REWRITE: all of it, or not at all.
 *
 *     read > compose > temporary file beside it, with its permissions > sync > rename > sync the directory
 *
 * A crash at any moment leaves the old file or the new one. A file that has nothing new to say is not written.
 *
 * Source: `rewriteConfigOverwriteFile` in Redis's config.c.
 */

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../engine/config/config.js';
import { rewriteConfigText } from '../engine/config/rewrite.js';

/** Of a file that was not there any more; the umask takes bits off it. */
const MODE_DEFAULT = 0o666;
const PERMISSION_BITS = 0o7777;

/**
 * Brings the file at `path` up to what `config` is; one that is gone is made again.
 *
 * @throws the system's error, or a CrabError when a file that it includes can't be read
 */
export function rewriteConfigFile(path: string, config: Config): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const target = stats === undefined ? path : realpathSync(path); // the file itself, not a link to it
  const before = stats === undefined ? '' : readFileSync(target, 'utf8');
  const after = rewriteConfigText(before, target, config);
  if (stats !== undefined && after === before) return;
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeDurably(temporary, after, stats);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(target));
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

/** `like`: the file whose permissions and owner it gets. */
function writeDurably(path: string, text: string, like: Stats | undefined): void {
  const file = openSync(path, 'wx', MODE_DEFAULT);
  try {
    if (like !== undefined) {
      giveTo(file, like.uid, like.gid);
      fchmodSync(file, like.mode & PERMISSION_BITS);
    }
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Only a privileged server can, and only it needs to. */
function giveTo(file: number, user: number, group: number): void {
  if (process.getuid?.() === 0) fchownSync(file, user, group);
}

function syncDirectory(path: string): void {
  if (process.platform === 'win32') return; // a directory can't be opened there
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
