/**
 * The slow log: the commands that took longest, as SLOWLOG GET shows them.
 *
 * Each thread keeps the entries of its own commands, at most `slowlog-max-len` of them, so that the newest of all threads are
 * among them; who asks gathers them (`newest`) over the control plane. Ids ascend in the whole process: the next one is a word
 * of shared memory.
 *
 * Arguments are kept as byte text (U+0000..U+00FF), cut as Redis cuts them; secrets are left out.
 *
 * Source: slowlog.c of Redis 7.0.
 */

import { byteText } from '../base/bytes.js';
import type { Call } from './call.js';

/** Arguments kept of an entry, the last of which may be a remark that there were more; and bytes of each. */
const ARGUMENT_COUNT_MAX = 32;
const ARGUMENT_BYTES_MAX = 128;
const SECRET_TEXT = '(redacted)';

/** A command and its client as they are shown. */
export interface ShownCommand {
  /** Byte text. */
  readonly arguments: readonly string[];
  readonly clientAddress: string;
  readonly clientName: string;
}

/** One command that took long. Plain data: it travels between threads. */
export interface SlowlogEntry extends ShownCommand {
  readonly id: number;
  readonly unixSeconds: number;
  readonly usec: number;
}

export type SlowlogShared = SharedArrayBuffer;

export function createSlowlogShared(): SlowlogShared {
  return new SharedArrayBuffer(8);
}

export class Slowlog {
  /** How many entries are kept. */
  lengthMax = 0;
  private readonly nextId: BigInt64Array;
  /** The oldest first. */
  private entries: SlowlogEntry[] = [];

  constructor(shared: SlowlogShared) {
    this.nextId = new BigInt64Array(shared);
  }

  get length(): number {
    return this.entries.length;
  }

  /** Adds a command that took so many microseconds and has ended now. */
  add(command: ShownCommand, usec: number): void {
    if (this.lengthMax === 0) return;
    const id = Number(Atomics.add(this.nextId, 0, 1n));
    this.entries.push({ id, unixSeconds: Math.floor(Date.now() / 1000), usec: Math.floor(usec), ...command });
    this.trim();
  }

  /** Forgets the oldest entries that are too many. */
  trim(): void {
    if (this.entries.length > this.lengthMax) this.entries.splice(0, this.entries.length - this.lengthMax);
  }

  reset(): void {
    this.entries = [];
  }

  /** The newest `count` entries of this thread, the newest first. */
  newest(count: number): SlowlogEntry[] {
    return count === 0 ? [] : this.entries.slice(-count).reverse();
  }
}

/** What is to be shown of the command of `call`, whose arguments may be gone later. Allocates, as something slow may. */
export function showCommand(call: Call): ShownCommand {
  return {
    arguments: shownArguments(call),
    clientAddress: call.client.address,
    clientName: call.client.name,
  };
}

/** Merges what threads have: their newest `count` entries, the newest first. */
export function mergeEntries(threads: readonly (readonly SlowlogEntry[])[], count: number): SlowlogEntry[] {
  return threads
    .flat()
    .sort((a, b) => b.id - a.id)
    .slice(0, count);
}

function shownArguments(call: Call): string[] {
  const shown: string[] = [];
  const count = Math.min(call.count, ARGUMENT_COUNT_MAX);
  for (let index = 0; index < count; index++) {
    if (index === ARGUMENT_COUNT_MAX - 1 && call.count > ARGUMENT_COUNT_MAX) {
      shown.push(`... (${call.count - index} more arguments)`);
    } else {
      shown.push(shownArgument(call, index));
    }
  }
  return shown;
}

function shownArgument(call: Call, index: number): string {
  if (call.command.spec.isSecret?.(call, index) === true) return SECRET_TEXT;
  const size = call.size(index);
  if (size <= ARGUMENT_BYTES_MAX) return call.byteText(index);
  const beginning = byteText(call.bytes, call.offset(index), ARGUMENT_BYTES_MAX);
  return `${beginning}... (${size - ARGUMENT_BYTES_MAX} more bytes)`;
}
