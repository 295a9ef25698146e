/**
 * The stores that are compared without a socket, and what is done with them: CrabKV in three modes, lmdb in two.
 *
 * An operation does so many gets or sets of keys in no order, checks each answer, and is over when what it promises has come
 * true. Each is a loop of its own, so that what the compiler makes of one does not depend on another.
 */

import type { RootDatabase } from 'lmdb';
import { SeededRandom } from '../test/support/random.js';

/** Does `count` operations on the keys from number `from` on. */
type Operation = (from: number, count: number) => void | Promise<void>;

/** By name. */
export type Operations = Readonly<Record<string, Operation>>;

export const KEY_COUNT = 100_000;
/** Started together where operations are promises: as many as a busy process might have under way. */
export const TOGETHER = 1000;
const KEY_DIGITS = 12;
const VALUE_BYTES = 64;
/** Buffers are compared with the value they should be every so often, and only their sizes otherwise. */
const GETS_PER_COMPARISON = 16;
const SEED = 1;

/** In no order, in memory as well as by name. */
const numbers = shuffled(KEY_COUNT).map((number) => String(number).padStart(KEY_DIGITS, '0'));
const keys = numbers.map((number) => flat(`key:${number}`));
const values = numbers.map((number) => flat(`value:${number}:`.padEnd(VALUE_BYTES, number)));
/** As they are asked for together. */
const groups = Array.from({ length: KEY_COUNT / TOGETHER }, (_, i) =>
  keys.slice(i * TOGETHER, (i + 1) * TOGETHER),
);
const valueBuffers = values.map((value) => Buffer.from(value));

export const STORES = {
  'crabkv, memory': () => openOwn({}),
  'crabkv, everysec': (dir: string) => openOwn({ dir, appendfsync: 'everysec' }),
  'crabkv, always': (dir: string) => openOwn({ dir, appendfsync: 'always' }),
  lmdb: (path: string) => openLmdb(path, false),
  'lmdb, noSync': (path: string) => openLmdb(path, true),
} as const satisfies Record<string, (directory: string) => Promise<Operations>>;

export type StoreName = keyof typeof STORES;

/** With a log where there is a directory for it. */
async function openOwn(options: { dir?: string; appendfsync?: 'everysec' | 'always' }): Promise<Operations> {
  const { open } = await import('../src/index.js');
  const kv = await open(options);
  const { sync } = kv;
  const { buffers } = sync;
  const operations: Operations = {
    get: (from, count) => {
      for (let i = from; i < from + count; i++) check(sync.get(keys[i]!), values[i]);
    },
    getBuffer: (from, count) => {
      for (let i = from; i < from + count; i++) checkBuffer(buffers.get(keys[i]!), i);
    },
    set: (from, count) => {
      for (let i = from; i < from + count; i++) check(sync.set(keys[i]!, values[i]!), 'OK');
    },
    getAwaited: async (from, count) => {
      for (let i = from; i < from + count; i++) check(await kv.get(keys[i]!), values[i]);
    },
    getTogether: async (from, count) => {
      for (let first = from; first < from + count; first += TOGETHER) {
        const replies = await Promise.all(groups[first / TOGETHER]!.map((key) => kv.get(key)));
        for (const [i, reply] of replies.entries()) check(reply, values[first + i]);
      }
    },
    setAwaited: async (from, count) => {
      for (let i = from; i < from + count; i++) check(await kv.set(keys[i]!, values[i]!), 'OK');
    },
    setTogether: async (from, count) => {
      for (let first = from; first < from + count; first += TOGETHER) {
        const keysOfGroup = groups[first / TOGETHER]!;
        const replies = await Promise.all(keysOfGroup.map((key, i) => kv.set(key, values[first + i]!)));
        for (const reply of replies) check(reply, 'OK');
      }
    },
  };
  await operations['setTogether']?.(0, KEY_COUNT);
  return operations;
}

/** Texts as they are, no msgpack: the encoding that costs it least. */
async function openLmdb(path: string, noSync: boolean): Promise<Operations> {
  const { open } = await import('lmdb');
  const database: RootDatabase<string, string> = open({ path, encoding: 'string', noSync });
  const operations: Operations = {
    get: (from, count) => {
      for (let i = from; i < from + count; i++) check(database.get(keys[i]!), values[i]);
    },
    getBinary: (from, count) => {
      for (let i = from; i < from + count; i++) checkBuffer(database.getBinary(keys[i]!), i);
    },
    getBinaryFast: (from, count) => {
      for (let i = from; i < from + count; i++) checkBuffer(database.getBinaryFast(keys[i]!), i);
    },
    set: (from, count) => {
      for (let i = from; i < from + count; i++) check(database.putSync(keys[i]!, values[i]!), true);
    },
    setInTransactions: (from, count) => {
      for (let first = from; first < from + count; first += TOGETHER) {
        database.transactionSync(() => {
          for (let i = first; i < first + TOGETHER; i++) check(database.putSync(keys[i]!, values[i]!), true);
        });
      }
    },
    setAwaitedFlushed: async (from, count) => {
      for (let i = from; i < from + count; i++) {
        check(await database.put(keys[i]!, values[i]!), true);
        await database.flushed;
      }
    },
    setTogether: (from, count) => putTogether(from, count, false),
    setTogetherFlushed: (from, count) => putTogether(from, count, true),
  };
  async function putTogether(from: number, count: number, awaitsFlush: boolean): Promise<void> {
    for (let first = from; first < from + count; first += TOGETHER) {
      // Puts of one turn are one transaction, and have one promise: its users wait for the last.
      let last: Promise<boolean> | undefined;
      for (let i = first; i < first + TOGETHER; i++) last = database.put(keys[i]!, values[i]!);
      check(await last, true);
      if (awaitsFlush) await database.flushed;
    }
  }
  await operations['setTogether']?.(0, KEY_COUNT);
  await database.flushed;
  return operations;
}

function check(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`'${actual}' came, not '${expected}'`);
}

/** `length` is the value's; the Buffer itself may be longer where it is shared. */
function checkBuffer(actual: Buffer | undefined, i: number): void {
  if (actual?.length !== VALUE_BYTES)
    throw new Error(`'${actual}' came, not a value of ${VALUE_BYTES} bytes`);
  if (i % GETS_PER_COMPARISON !== 0) return;
  if (valueBuffers[i]?.compare(actual, 0, VALUE_BYTES) !== 0)
    throw new Error(`'${actual}' came, not '${values[i]}'`);
}

/** One flat string, not a rope that the first who reads it has to flatten. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The numbers below `count` in an order that is always the same, and none. */
function shuffled(count: number): number[] {
  const random = new SeededRandom(SEED);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
