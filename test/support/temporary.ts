/**
 * Temporary directories that are gone when the test process is, however it ends.
 *
 * A test removes its directory itself; what is left is removed at exit, after `server.ts` has ended the processes that
 * still write into it.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directories = new Set<string>();

/** A new empty directory on the machine's temporary file system; returns its absolute path. */
export function makeTemporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'crabkv-test-'));
  directories.add(path);
  return path;
}

/** Removes a directory made by `makeTemporaryDirectory` with all it holds. */
export function removeTemporaryDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  directories.delete(path);
}

/** Removes every directory that is left. */
export function removeTemporaryDirectories(): void {
  for (const path of directories) removeTemporaryDirectory(path);
}
