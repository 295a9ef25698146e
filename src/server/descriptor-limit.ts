/**
 * How many clients the limit of open files leaves room for.
 *
 * Each client is an open file, and so is whatever the server opens itself: the next segment of the log, a snapshot, a file to be
 * sent to. A server that has none left for the log can't go on writing it. So `maxclients` is made small enough at the start that
 * clients never take what the server needs: the one too many reads an error, and the log does not notice.
 *
 * Node raises its limit to the hard one by itself.
 *
 * Source: `adjustOpenFilesLimit` in Redis's server.c.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { CrabError } from '../base/errors.js';

/** Open files for the server itself, beside those that it has when it begins to listen: as many as Redis keeps. */
const RESERVED_COUNT = 32;

/** What a process may open and what it has open. */
export interface DescriptorUse {
  readonly limit: number;
  readonly open: number;
}

/** Of this process; undefined where the system does not tell. */
export function descriptorUse(): DescriptorUse | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    return Number.isNaN(limit) ? undefined : { limit, open: readdirSync('/proc/self/fd').length };
  } catch {
    return undefined;
  }
}

/**
 * How many clients there may be if `wanted` are asked for.
 *
 * @throws CrabError DESCRIPTORS when there is no room for a single one
 */
export function clientsMax(wanted: number, use: DescriptorUse | undefined): number {
  if (use === undefined) return wanted;
  const room = use.limit - use.open - RESERVED_COUNT;
  if (room >= 1) return Math.min(wanted, room);
  throw new CrabError(
    'DESCRIPTORS',
    `the limit of open files (ulimit -n) is ${use.limit}, which leaves none for clients: ` +
      `raise it to ${use.open + RESERVED_COUNT + wanted}`,
  );
}
