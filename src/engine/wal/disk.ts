/**
 * The disk, as log and recovery use it: few calls, all synchronous, so that tests can put a simulated one in its place
 * (simulated-disk.ts) that fails where it is told to and forgets what was not synced.
 *
 * Synchronous because the log thread has nothing else to do while it waits for the disk.
 */

import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writevSync,
} from 'node:fs';
import { CrabError, SystemError } from '../../base/errors.js';

/** Of a file that is made: for its owner alone, whatever the umask. What is in it is everybody's data, in the clear. */
const PRIVATE_MODE = 0o600;

/** A file for reading; for reading and writing; the same, made empty or made new first. */
export type OpenMode = 'r' | 'r+' | 'w+';

/** Errors are thrown as Node's file system throws them: with `code`, `errno` and `syscall`. */
export interface Disk {
  /** Names of the files in a directory, in no order. */
  list(directory: string): string[];
  open(path: string, mode: OpenMode): number;
  close(file: number): void;
  /** Size of an open file in bytes. */
  size(file: number): number;
  /** Reads up to `length` bytes into `target` from `position` on; returns how many, 0 at the end of the file. */
  read(file: number, target: Uint8Array, offset: number, length: number, position: number): number;
  /** Writes the buffers one after the other from `position` on; may write less than all, and returns how many bytes. */
  write(file: number, buffers: Uint8Array[], position: number): number;
  /** Returns when everything that was written to the file would survive a power cut, and what is needed to find it. */
  sync(file: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Makes renames, removals and new files in a directory survive a power cut. */
  syncDirectory(directory: string): void;
}

/** The machine's disk. */
export const realDisk: Disk = {
  list: (directory) => readdirSync(directory),
  open: (path, mode) => openSync(path, mode, PRIVATE_MODE),
  close: closeSync,
  size: (file) => fstatSync(file).size,
  read: readSync,
  write: (file, buffers, position) => writevSync(file, buffers, position),
  sync: fdatasyncSync,
  rename: renameSync,
  remove: unlinkSync,
  syncDirectory(directory) {
    if (process.platform === 'win32') return; // directories can't be opened there, and need not be synced
    const file = openSync(directory, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  },
};

/**
 * Writes all of the buffers from `position` on, however many calls it takes.
 *
 * @throws what the disk throws; the part before the failing call has then been written
 */
export function writeFully(disk: Disk, file: number, buffers: Uint8Array[], position: number): void {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    let written = disk.write(file, rest, at);
    at += written;
    while (rest.length > 0 && written >= rest[0]!.length) {
      written -= rest[0]!.length;
      rest = rest.slice(1);
    }
    if (rest.length > 0 && written > 0) rest = [rest[0]!.subarray(written), ...rest.slice(1)];
  }
}

/** Reads `length` bytes from `position` on, or as many as the file has; returns how many. */
export function readFully(
  disk: Disk,
  file: number,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const read = disk.read(file, target, offset + done, length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** Runs `operation`; what it throws comes out as one sentence that names the file, the place and the reason. */
export function atPlace<T>(code: string, what: string, path: string, offset: number, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    if (cause instanceof CrabError) throw cause;
    throw new SystemError(code, what, path, offset, cause);
  }
}
