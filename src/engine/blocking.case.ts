/**
 * Commands that wait, for tests: on strings that are lists of items of 8 bytes, as APPEND makes them.
 *
 *     TAKE key [key ...] timeout          the first item of the first key that has one, as [key, item]; nil when time is over
 *     MOVE1 source destination timeout    moves the first item, and replies with it
 */

import { timeoutArgument } from '../commands/blocking-timeout.js';
import { COMMANDS } from '../commands/table.js';
import { TYPE_STRING } from '../structures/entry.js';
import { type Call, WRONG_TYPE } from './call.js';
import type { Client } from './client.js';
import type { CommandSpec } from './command.js';
import type { EngineOptions } from './engine.case.js';
import { TestEngine } from './engine.case.js';
import { BLOCKED } from './executor.js';
import type { Protocol } from './reply.js';
import { THREAD_COUNT_MAX } from './statistics.js';

export const ITEM_BYTES = 8;

/** What is taken lies here: the item, then the rest. */
const scratch = Buffer.alloc(65536);
const view = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);

/** Takes the first item out of the string that the last `find` returned, into `scratch`. */
function takeItem(call: Call, key: number, index: number, entry: number): void {
  const { keyspace } = call;
  const { entries } = keyspace;
  const size = entries.valueSize(entry);
  const at = entries.valueOffset(entry);
  scratch.set(entries.bytes(entry).subarray(at, at + size));
  const { database } = call.client;
  if (size <= ITEM_BYTES) keyspace.remove(call.keyShard(key), database, entry);
  else {
    keyspace.set(
      call.keyShard(key),
      database,
      call.keyHash(key),
      call.data,
      call.offset(index),
      call.size(index),
      view,
      ITEM_BYTES,
      size - ITEM_BYTES,
      0,
      entry,
    );
  }
}

function take(call: Call): void {
  const timeoutMs = timeoutArgument(call, call.count - 1);
  if (timeoutMs < 0) return;
  for (let key = 0; key < call.keyCount; key++) {
    const entry = call.findToTake(key, 1 + key, TYPE_STRING);
    if (entry === WRONG_TYPE) return;
    if (entry === 0) continue;
    takeItem(call, key, 1 + key, entry);
    call.reply.arrayHeader(2);
    call.reply.bulk(call.bytes, call.offset(1 + key), call.size(1 + key));
    call.reply.bulk(scratch, 0, ITEM_BYTES);
    return;
  }
  call.block(TYPE_STRING, timeoutMs, 0, call.keyCount, (late) => late.reply.nilArray());
}

function moveOne(call: Call): void {
  const timeoutMs = timeoutArgument(call, 3);
  if (timeoutMs < 0) return;
  const entry = call.findToTake(0, 1, TYPE_STRING);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.block(TYPE_STRING, timeoutMs, 0, 1, (late) => late.reply.nil());
    return;
  }
  takeItem(call, 0, 1, entry);
  const { keyspace } = call;
  const { database } = call.client;
  const target = call.find(1, 2);
  const shard = call.keyShard(1);
  if (target !== 0) keyspace.append(shard, database, target, view, 0, ITEM_BYTES);
  else {
    const offset = call.offset(2);
    keyspace.set(
      shard,
      database,
      call.keyHash(1),
      call.data,
      offset,
      call.size(2),
      view,
      0,
      ITEM_BYTES,
      0,
      0,
    );
  }
  call.reply.bulk(scratch, 0, ITEM_BYTES);
}

const COMMON = { group: 'string', since: '1.0.0', summary: '', complexity: '' } as const;

export const BLOCKING_COMMANDS: readonly CommandSpec[] = [
  {
    ...COMMON,
    name: 'take',
    arity: -3,
    flags: ['write', 'blocking'],
    keys: { first: 1, last: -2, step: 1, flags: ['RW'] },
    run: take,
  },
  {
    ...COMMON,
    name: 'move1',
    arity: 4,
    flags: ['write', 'denyoom', 'blocking'],
    keys: { first: 1, last: 2, step: 1, flags: ['RW'] },
    run: moveOne,
  },
];

/** Threads of a test count their clients each for itself; those of a server don't. */
let lastId = 1000;

/** An engine that has these commands, and whose blocked clients' replies are gathered by client. */
export class BlockingEngine extends TestEngine {
  /** What has come to each client late, by its id. */
  readonly late = new Map<number, string>();
  private readonly thread: number;

  constructor(options: EngineOptions = {}) {
    super({ ...options, commands: [...COMMANDS, ...BLOCKING_COMMANDS] });
    this.thread = options.thread ?? 0;
  }

  /** Of a number of its own among the clients of all engines. */
  override connect(protocol?: Protocol): Client {
    return Object.assign(super.connect(protocol), { id: ++lastId * THREAD_COUNT_MAX + (this.thread ?? 0) });
  }

  /** Runs a line as `client`; the reply, or 'blocked'. */
  sayAs(client: Client, line: string): string {
    const outcome = this.execute(client, line.split(' '));
    const reply = this.takeReply();
    this.gather();
    if (outcome !== BLOCKED) return reply.replace(/\r\n$/, '').replaceAll('\r\n', ' ');
    return reply === '' ? 'blocked' : `blocked after ${reply}`;
  }

  /** What another thread may have woken this one for. */
  serve(): void {
    this.executor.blocking.serve();
    this.gather();
  }

  /** The late reply of `client`, which is thereby taken. */
  lateReply(client: Client): string | undefined {
    const reply = this.late.get(client.id);
    this.late.delete(client.id);
    return reply;
  }

  end(client: Client, end: 'timeout' | 'unblocked'): void {
    this.waits.blocked.get(client.id)?.(end);
    this.gather();
  }

  /** The client's connection is gone. */
  kill(client: Client): void {
    this.executor.blocking.forget(client);
    this.gather();
  }

  private gather(): void {
    const { finished } = this.executor.blocking;
    for (const { client, reply } of finished) {
      const text = Buffer.from(reply).toString('latin1');
      this.late.set(client.id, text.replace(/\r\n$/, '').replaceAll('\r\n', ' '));
    }
    finished.length = 0;
  }
}
