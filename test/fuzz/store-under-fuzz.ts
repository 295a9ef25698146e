/**
 * A store for targets whose input ends up in one: one shard, and a second one like it into which the log of the first is
 * repeated. However hostile what came in, the store is sound, its log says the same as its memory, and a flush gives
 * everything back.
 */

import assert from 'node:assert/strict';
import { Applier } from '../../src/engine/apply.js';
import { TestEngine } from '../../src/engine/engine.case.js';
import * as errors from '../../src/engine/errors.js';
import { StoreCheck } from './store-check.js';

/** No value of a fuzzed store is larger: `proto-max-bulk-len`, which limits what a payload may be decompressed to, too. */
const VALUE_BYTES_MAX = 16 * 1024 * 1024;
/** What each type is asked and told, to meet what reads and changes it. */
const USES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  string: [
    ['APPEND', 'k', 'x'],
    ['GETRANGE', 'k', '0', '20'],
  ],
  list: [
    ['LRANGE', 'k', '0', '-1'],
    ['LINSERT', 'k', 'BEFORE', 'x', 'y'],
    ['RPUSH', 'k', '1', 'x'],
    ['LPOP', 'k'],
  ],
  set: [
    ['SADD', 'k', '77', 'x'],
    ['SMEMBERS', 'k'],
    ['SREM', 'k', 'x'],
  ],
  zset: [
    ['ZADD', 'k', '1.5', 'x', '-inf', 'y'],
    ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'],
    ['ZPOPMIN', 'k'],
  ],
  hash: [
    ['HSET', 'k', 'x', 'y', '1', '2'],
    ['HGETALL', 'k'],
    ['HDEL', 'k', 'x'],
  ],
};

export class StoreUnderFuzz {
  readonly engine: TestEngine;
  readonly #check: StoreCheck;
  readonly #copy: TestEngine;
  readonly #copyCheck: StoreCheck;
  readonly #applier: Applier;

  constructor() {
    this.engine = new TestEngine({ shardCount: 1, databaseCount: 1, logs: true });
    this.engine.config.apply([['proto-max-bulk-len', String(VALUE_BYTES_MAX)]]);
    this.#check = new StoreCheck(this.engine);
    this.#copy = new TestEngine({ shardCount: 1, databaseCount: 1 });
    this.#copyCheck = new StoreCheck(this.#copy);
    this.#applier = this.#applierOf(this.#copy);
  }

  /** Runs a command. Its reply may be an error, but one for people. */
  run(...words: readonly (string | Uint8Array)[]): string {
    const reply = this.engine.run(...words);
    assert.ok(!reply.startsWith(`-${errors.OUT_OF_MEMORY}`), `${words[0]} finds no memory`);
    return reply;
  }

  /** Reads and changes the key `k`, whatever it is. */
  use(): void {
    const type = this.run('TYPE', 'k').slice(1, -2);
    this.run('OBJECT', 'ENCODING', 'k');
    for (const words of USES[type] ?? []) {
      const reply = this.run(...words);
      assert.ok(!reply.startsWith('-'), `${words[0]} on a ${type}: ${reply}`);
    }
  }

  /** All is in order, and the log says the same; then nothing is left of it. */
  checkAndClear(): void {
    const { engine } = this;
    this.#check.check();
    engine.drainLog({ record: (fields, bytes) => this.#applier.applyRecord(bytes, fields) });
    this.#copyCheck.check();
    assert.deepEqual(this.#copy.contents(), engine.contents(), 'the log repeats what happened');
    for (const each of [engine, this.#copy]) {
      each.run('FLUSHALL');
      each.assertEmpty();
    }
    engine.drainLog({ record: () => {} });
  }

  #applierOf(engine: TestEngine): Applier {
    engine.now = 0; // history has no time
    return new Applier(engine.keyspace, engine.batons, 0, 1);
  }
}
