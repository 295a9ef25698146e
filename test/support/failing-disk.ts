/**
 * A disk and a clock that fail on order: loaded into a server before anything else (`node --import`), in all of its threads, it
 * puts itself before the calls of node:fs that a store lives by, and before Date.now.
 *
 * What is to fail is read, at every call, from files that the test changes while the server runs (faults.ts); so a fault begins
 * and ends at the moment that the test chooses, in all threads at once, and nothing in the server knows of it.
 *
 *     TEST_FAULTS   JSON, a list of `Fault`
 *     TEST_CLOCK    eight bytes, the milliseconds by which the system's clock is wrong, as a double
 *     TEST_MEMORY   the memory limit, in bytes, that the system tells
 */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** A system call that fails. */
export interface Fault {
  readonly call: 'open' | 'read' | 'write' | 'sync' | 'rename' | 'remove' | 'link';
  /** The end of the path of the file (of a rename: the new one) or directory. */
  readonly path: string;
  readonly code: keyof typeof ERRNO;
}

const ERRNO = { EIO: 5, EACCES: 13, EMFILE: 24, ENOSPC: 28, EROFS: 30 };

type Call = (...args: never[]) => unknown;

// The clock first: it opens a file itself.
const clockFile = process.env['TEST_CLOCK'];
if (clockFile !== undefined) {
  const { readSync } = fs;
  const file = fs.openSync(clockFile, 'r');
  const wrong = new Float64Array(1);
  const { now } = Date;
  Date.now = () => {
    readSync(file, wrong, 0, 8, 0);
    return now() + wrong[0]!;
  };
}

const faultsFile = process.env['TEST_FAULTS'];
if (faultsFile !== undefined) {
  const { readFileSync, readlinkSync } = fs;
  const check = (call: Fault['call'], systemCall: string, path: string): void => {
    // Newer versions of Node load modules by these calls, too.
    if (path.startsWith('file:') || path.endsWith('.js')) return;
    const faults = JSON.parse(readFileSync(faultsFile, 'utf8')) as Fault[];
    for (const fault of faults) {
      if (fault.call !== call || !path.endsWith(fault.path)) continue;
      const { code } = fault;
      throw Object.assign(new Error(`${code}: on order, ${systemCall} '${path}'`), {
        code,
        errno: -ERRNO[code],
        syscall: systemCall,
      });
    }
  };
  const pathOf = (file: unknown): string =>
    typeof file === 'number' ? readlinkSync(`/proc/self/fd/${file}`) : String(file);
  /** `argument`: which one of the call's is the file. */
  const guard = (name: keyof typeof fs, call: Fault['call'], systemCall: string, argument = 0): void => {
    const original = fs[name] as Call;
    const guarded = (...args: never[]): unknown => {
      check(call, systemCall, pathOf(args[argument]));
      return original(...args);
    };
    Object.assign(fs, { [name]: guarded });
  };
  guard('openSync', 'open', 'open');
  guard('readSync', 'read', 'read');
  guard('writevSync', 'write', 'writev');
  guard('writeSync', 'write', 'write');
  guard('fdatasyncSync', 'sync', 'fdatasync');
  guard('fsyncSync', 'sync', 'fsync');
  guard('renameSync', 'rename', 'rename', 1);
  guard('unlinkSync', 'remove', 'unlink');
  guard('linkSync', 'link', 'link', 1);
  syncBuiltinESMExports();
}

const memoryBytes = process.env['TEST_MEMORY'];
if (memoryBytes !== undefined) process.constrainedMemory = () => Number(memoryBytes);
