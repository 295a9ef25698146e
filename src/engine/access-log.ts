/**
 * The access log: who was refused what, as ACL LOG shows it.
 *
 * Each thread keeps what it has refused, at most `acllog-max-len` entries, so that the newest of all threads are among them; who
 * asks gathers them (`newest`) over the control plane. So a client that is refused a million times a second costs no message.
 *
 * An entry counts how often the same was refused to the same user, as long as there was no minute without it; its time and client
 * are those of the last time. As in Redis only the ten newest entries are compared.
 *
 * What was refused and to whom is kept as byte text (U+0000..U+00FF), and cut when it is long.
 *
 * Source: `addACLLogEntry` and `aclCommand` in acl.c of Redis 7.0.
 */

import type { Client } from './client.js';
import type { Clock } from './clock.js';
import type { Config } from './config/config.js';

/** Why a client was refused: it may not run the command, or not with this key or channel, or its password was wrong. */
export type AccessReason = 'command' | 'key' | 'channel' | 'auth';

const GROUPING_MS_MAX = 60_000;
const COMPARED_MAX = 10;
const OBJECT_BYTES_MAX = 1024;
/** CLIENT INFO's line, in which only the names can be long. */
const CLIENT_BYTES_MAX = 4096;

/** One entry. Plain data: it travels between threads. */
export interface AccessLogEntry {
  readonly count: number;
  readonly reason: AccessReason;
  /** The command, key or channel; of a failed authentication the command. Byte text. */
  readonly object: string;
  readonly username: string;
  /** Of the last time, in Unix ms. */
  readonly atMs: number;
  /** What CLIENT INFO showed of the client then. */
  readonly clientInfo: string;
}

/** Who knows of clients what CLIENT INFO shows: `Sessions`. */
export interface AccessLogHost {
  /** The line of CLIENT INFO, in bytes of one character each; empty for a client that is none of its. */
  describe(client: Client): string;
}

export class AccessLog {
  /** Set before the first client is accepted. */
  host: AccessLogHost | undefined = undefined;
  private readonly config: Config;
  private readonly clock: Clock;
  /** The newest first. */
  private entries: AccessLogEntry[] = [];

  /** `config` says how many entries are kept. */
  constructor(config: Config, clock: Clock) {
    this.config = config;
    this.clock = clock;
  }

  /**
   * The client was refused `object`. To be called where memory may be allocated, not while holding a baton.
   *
   * @param username whom it is, or said to be
   */
  add(client: Client, reason: AccessReason, object: string, username = client.user.name): void {
    const lengthMax = this.config.integer('acllog-max-len');
    if (lengthMax === 0) return;
    const entry: AccessLogEntry = {
      count: 1,
      reason,
      object: cut(object, OBJECT_BYTES_MAX),
      username: cut(username, OBJECT_BYTES_MAX),
      atMs: this.clock.nowMs(),
      clientInfo: cut(this.host?.describe(client) ?? '', CLIENT_BYTES_MAX),
    };
    const at = this.entries.slice(0, COMPARED_MAX).findIndex((known) => isSame(known, entry));
    const [known] = at < 0 ? [] : this.entries.splice(at, 1);
    this.entries.unshift({ ...entry, count: 1 + (known?.count ?? 0) });
    if (this.entries.length > lengthMax) this.entries.length = lengthMax;
  }

  reset(): void {
    this.entries = [];
  }

  /** The newest `count` entries of this thread, the newest first. */
  newest(count: number): AccessLogEntry[] {
    return this.entries.slice(0, count);
  }
}

/** Merges what threads have, the newest first: what was refused by several of them is one entry. */
export function mergeAccessLogs(threads: readonly (readonly AccessLogEntry[])[]): AccessLogEntry[] {
  const merged: { thread: number; entry: AccessLogEntry }[] = [];
  const entries = threads.flatMap((own, thread) => own.map((entry) => ({ thread, entry })));
  for (const { thread, entry } of entries.sort((a, b) => b.entry.atMs - a.entry.atMs)) {
    const known = merged.find((other) => other.thread !== thread && isSame(other.entry, entry));
    if (known === undefined) merged.push({ thread, entry });
    else known.entry = { ...known.entry, count: known.entry.count + entry.count };
  }
  return merged.map(({ entry }) => entry);
}

function isSame(a: AccessLogEntry, b: AccessLogEntry): boolean {
  return (
    a.reason === b.reason &&
    a.object === b.object &&
    a.username === b.username &&
    Math.abs(a.atMs - b.atMs) <= GROUPING_MS_MAX
  );
}

function cut(text: string, sizeMax: number): string {
  return text.length <= sizeMax ? text : `${text.slice(0, sizeMax)}... (${text.length - sizeMax} more bytes)`;
}
