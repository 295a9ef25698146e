/**
 * A write load that knows what it may find after the server was killed under it.
 *
 * Some connections write, each to keys of its own; one reads the keys of all. Every value names its key and the
 * number of the write that made it, so a value found later tells where it comes from:
 *
 *     s:<writer>:<i>   SET, with and without a deadline, APPEND, DEL, PEXPIREAT, PERSIST
 *     n:<writer>       INCR
 *     p:<writer>:a/b   MSET of both: must never differ
 *     l:<writer>:<i>   a list; e: a set, z: a sorted set, h: a hash (collection-writes.ts)
 *     ballast:<i>      written once; must stay as they are
 */

import assert from 'node:assert/strict';
import type { RespConnection } from '../support/connection.js';
import type { SeededRandom } from '../support/random.js';
import { type Argument, encodeRequest, parseFrame } from '../support/resp.js';
import type { Server } from '../support/server.js';
import {
  COLLECTION_PREFIXES,
  isCollectionKey,
  nextCollectionWrite,
  readRequest,
  valueRead,
} from './collection-writes.js';
import { describeState, KeyModel, type State } from './key-model.js';

const KEYS_PER_WRITER = 40;
const COLLECTIONS_PER_WRITER = 2;
const BALLAST_COUNT = 2000;
/** Deadlines far ahead: the campaign looks at what is stored, not at what ends. */
const FAR_MS = 4_000_000_000_000;
const VERIFY_BATCH = 1000;

/** One connection's keys. */
interface Writer {
  readonly strings: readonly KeyModel[];
  readonly counter: KeyModel;
  readonly collections: readonly KeyModel[];
  readonly pair: readonly [KeyModel, KeyModel];
}

/** A request and the keys that its acknowledgement speaks of. */
interface Write {
  readonly args: readonly Argument[];
  readonly models: readonly KeyModel[];
}

export interface LoadCounts {
  acknowledged: number;
  reads: number;
}

export class CrashLoad {
  readonly #random: SeededRandom;
  readonly #writers: Writer[];
  readonly #models = new Map<string, KeyModel>();
  readonly #ballast = Array.from({ length: BALLAST_COUNT }, (_, i) => `ballast:${i}`);

  constructor(random: SeededRandom, writerCount: number) {
    this.#random = random;
    const model = (key: string) => {
      const created = new KeyModel(key);
      this.#models.set(key, created);
      return created;
    };
    this.#writers = Array.from({ length: writerCount }, (_, w) => ({
      strings: Array.from({ length: KEYS_PER_WRITER }, (_, i) => model(`s:${w}:${i}`)),
      counter: model(`n:${w}`),
      collections: COLLECTION_PREFIXES.flatMap((prefix) =>
        Array.from({ length: COLLECTIONS_PER_WRITER }, (_, i) => model(`${prefix}:${w}:${i}`)),
      ),
      pair: [model(`p:${w}:a`), model(`p:${w}:b`)],
    }));
  }

  /** Writes the keys that nothing touches afterwards. */
  async writeBallast(server: Server): Promise<void> {
    const connection = await server.connect();
    const replies = await connection.pipeline(this.#ballast.map((key) => ['SET', key, ballastValue(key)]));
    assert.ok(replies.every((reply) => reply.toString() === '+OK\r\n'));
    connection.close();
  }

  /** Writes and reads until the server is gone. Resolves with what was acknowledged. */
  async run(server: Server, pipeline: number): Promise<LoadCounts> {
    const counts: LoadCounts = { acknowledged: 0, reads: 0 };
    const connections = await Promise.all([...this.#writers, undefined].map(() => server.connect()));
    const reader = connections.pop() as RespConnection;
    await Promise.all([
      ...this.#writers.map((writer, i) =>
        this.#write(connections[i] as RespConnection, writer, pipeline, counts),
      ),
      this.#read(reader, counts),
    ]);
    for (const connection of [...connections, reader]) connection.close();
    return counts;
  }

  async #write(
    connection: RespConnection,
    writer: Writer,
    pipeline: number,
    counts: LoadCounts,
  ): Promise<void> {
    for (;;) {
      const batch = Array.from({ length: pipeline }, () => this.#nextWrite(writer));
      connection.send(Buffer.concat(batch.map(({ args }) => encodeRequest(args))));
      for (const { args, models } of batch) {
        let frame: Buffer;
        try {
          frame = await connection.frame();
        } catch {
          return; // the server was killed: what is left of the batch stays unacknowledged
        }
        assert.notEqual(String.fromCharCode(frame[0] ?? 0), '-', `${args.slice(0, 2).join(' ')}: ${frame}`);
        for (const model of models) model.acknowledged();
        counts.acknowledged++;
      }
    }
  }

  /** Chooses a write, and tells the models of it. */
  #nextWrite(writer: Writer): Write {
    const dice = this.#random.below(100);
    if (dice < 5) {
      const value = Number(writer.counter.latest.value ?? 0) + 1;
      writer.counter.sent({ value: String(value), deadlineMs: 0 });
      return { args: ['INCR', writer.counter.key], models: [writer.counter] };
    }
    if (dice < 15) {
      const value = this.#value('p', writer.pair[0].nextNumber);
      for (const model of writer.pair) model.sent({ value, deadlineMs: 0 });
      return { args: ['MSET', writer.pair[0].key, value, writer.pair[1].key, value], models: writer.pair };
    }
    if (dice < 40 && this.#random.below(2) === 0) return this.#writeCollection(writer);
    const model = writer.strings[this.#random.below(KEYS_PER_WRITER)] as KeyModel;
    const { key, latest, nextNumber } = model;
    const farMs = FAR_MS + nextNumber;
    const exists = latest.value !== undefined;
    const write = (state: State, ...args: Argument[]): Write => {
      model.sent(state);
      return { args, models: [model] };
    };
    const value = this.#value(key, nextNumber);
    if (dice < 20) return write({ value: undefined, deadlineMs: 0 }, 'DEL', key);
    if (dice < 25) {
      const suffix = ` ${key}:${nextNumber}:`;
      return write(
        { value: (latest.value ?? '') + suffix, deadlineMs: latest.deadlineMs },
        'APPEND',
        key,
        suffix,
      );
    }
    if (dice < 30) return write({ ...latest, deadlineMs: exists ? farMs : 0 }, 'PEXPIREAT', key, farMs);
    if (dice < 34) return write({ ...latest, deadlineMs: 0 }, 'PERSIST', key);
    if (dice < 45) return write({ value, deadlineMs: farMs }, 'SET', key, value, 'PXAT', farMs);
    return write({ value, deadlineMs: 0 }, 'SET', key, value);
  }

  #writeCollection(writer: Writer): Write {
    const model = writer.collections[this.#random.below(writer.collections.length)] as KeyModel;
    const { key, latest, nextNumber } = model;
    const { args, value } = nextCollectionWrite(this.#random, key, latest.value, nextNumber);
    model.sent({ value, deadlineMs: 0 });
    return { args, models: [model] };
  }

  /** `<key>:<number>:` and padding of a length that varies, now and then a long one. */
  #value(key: string, number: number): string {
    const size = this.#random.below(100) === 0 ? this.#random.below(60_000) : this.#random.below(200);
    return `${key}:${number}:${'x'.repeat(size)}`;
  }

  async #read(connection: RespConnection, counts: LoadCounts): Promise<void> {
    const models = [...this.#models.values()].filter(
      ({ key }) => !key.startsWith('n:') && !isCollectionKey(key),
    );
    for (;;) {
      const model = models[this.#random.below(models.length)] as KeyModel;
      let frame: Buffer;
      try {
        frame = await connection.request('GET', model.key);
      } catch {
        return;
      }
      const { text, isNil } = parseFrame(frame);
      if (isNil) continue;
      const number = Number(/:(\d+):x*$/.exec(text)?.[1]);
      assert.ok(
        model.shown(number, text),
        `${model.key} was read as ${text.slice(0, 80)}, which nobody wrote`,
      );
      counts.reads++;
    }
  }

  /**
   * Compares all that the server has with all it may and must have; from then on, that is what it has. Resolves to how many keys
   * there are.
   */
  async verify(server: Server): Promise<number> {
    const connection = await server.connect();
    const problems: string[] = [];
    const found = await readStates(connection, [...this.#models.keys(), ...this.#ballast]);
    let present = 0;
    for (const [key, state] of found) {
      if (state.value !== undefined) present++;
      const model = this.#models.get(key);
      if (model === undefined) {
        if (state.value !== ballastValue(key)) problems.push(`${key} was damaged: ${describeState(state)}`);
      } else if (!model.allows(state))
        problems.push(`found ${describeState(state)}, allowed is ${model.describe()}`);
    }
    for (const { pair } of this.#writers) {
      const [a, b] = pair.map(({ key }) => found.get(key)?.value);
      if (a !== b)
        problems.push(`half an MSET: ${pair[0].key} ${a?.slice(0, 40)}, ${pair[1].key} ${b?.slice(0, 40)}`);
    }
    const size = await connection.call('DBSIZE');
    if (size !== present) problems.push(`DBSIZE is ${size}, but ${present} keys were written`);
    connection.close();
    assert.equal(problems.length, 0, `${problems.length} problems:\n${problems.slice(0, 20).join('\n')}`);
    for (const [key, state] of found) this.#models.get(key)?.settle(state);
    return present;
  }
}

function ballastValue(key: string): string {
  return `${key} ${'b'.repeat(key.length * 7)}`;
}

/** Values and deadlines of keys, read in batches. */
async function readStates(connection: RespConnection, keys: readonly string[]): Promise<Map<string, State>> {
  const states = new Map<string, State>();
  for (let first = 0; first < keys.length; first += VERIFY_BATCH) {
    const batch = keys.slice(first, first + VERIFY_BATCH);
    const requests = batch.flatMap((key) => [
      isCollectionKey(key) ? readRequest(key) : ['GET', key],
      ['PEXPIRETIME', key],
    ]);
    const frames = (await connection.pipeline(requests)).map(parseFrame);
    batch.forEach((key, i) => {
      const value = frames[i * 2];
      const deadline = Number(frames[i * 2 + 1]?.text);
      const isString = value?.isNil === false && value.type === '$';
      const text = isString ? value.text : undefined;
      states.set(key, {
        value: value !== undefined && isCollectionKey(key) ? valueRead(key, value) : text,
        deadlineMs: Math.max(deadline, 0),
      });
    });
  }
  return states;
}
