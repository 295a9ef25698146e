/**
 * Writes a file anew: all of it, or not at all.
 *
 *     temporary file beside it > its owner and permissions > sync > rename > sync the directory
 *
 * A crash at any moment leaves the old file or the new one.
 */

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

const PERMISSION_BITS = 0o7777;

/** What a file becomes. */
export interface Replacement {
  readonly data: string | Uint8Array;
  /** Permissions of a file that was not there, less what the umask takes off. */
  readonly mode: number;
  /** The file that was there, whose permissions and owner it gets. */
  readonly like: Stats | undefined;
}

/** @throws the system's error; the file is then as it was */
export function replaceFile(path: string, replacement: Replacement): void {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true }); // of a crash: in a container the next process has the same number
  try {
    writeDurably(temporary, replacement);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

function writeDurably(path: string, { data, mode, like }: Replacement): void {
  const file = openSync(path, 'wx', mode);
  try {
    if (like !== undefined) {
      giveTo(file, like.uid, like.gid);
      fchmodSync(file, like.mode & PERMISSION_BITS);
    }
    writeFileSync(file, data);
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
