import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { SHARD_F64_DIRTY, SHARD_F64_EXPIRED } from '../memory/layout.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { detachDatabase } from './databases.js';
import { describeValue, START_MS, TestEngine } from './engine.case.js';
import { freeGarbage } from './garbage.js';
import {
  ENGINE_EPOCH,
  ENGINE_PINNED,
  ENGINE_PINNED_DEAD,
  ENGINE_SNAPSHOT,
  ENGINE_SNAPSHOT_LOST,
  TABLE_HAND_OVER,
  TABLE_HAND_OVER_COUNT,
  TABLE_WHEEL,
} from './shard-words.js';
import { OP_APPEND, OP_SET, OP_SETRANGE } from './wal/record.js';

const DATABASE_COUNT = 2;
const SHARD_COUNT = 4;
const NARROW_VALUE_BYTES_MAX = 4 * 2 ** 20 - 1;
const KEYS = ['', 'a', 'b', 'c', 'user:1', 'user:2', 'k'.repeat(255), 'w'.repeat(256)].map((key) =>
  Buffer.from(key),
);

interface Stored {
  value: Buffer;
  deadline: number;
}

/** What the snapshot's thread is doing, as far as the keyspace can tell. */
interface Snapshot {
  readonly expected: Map<string, string>;
  readonly written: Map<string, string>;
  pinned: { readonly shard: number; readonly entry: number; readonly description: string } | undefined;
}

/** A keyspace beside the plainest model of one: a map of values and deadlines. */
class Checked {
  readonly engine: TestEngine;
  readonly model = new Map<string, Stored>();
  snapshot: Snapshot | undefined;

  constructor(engine: TestEngine) {
    this.engine = engine;
    engine.now = START_MS;
  }

  find(database: number, key: Buffer): number {
    const { shard, hash } = this.place(key);
    const name = nameOf(database, key);
    const stored = this.model.get(name);
    if (stored !== undefined && isOver(stored, this.engine.now)) this.model.delete(name);
    const entry = this.engine.keyspace.find(shard, database, hash, viewOf(key), 0, key.length);
    const live = this.model.get(name);
    assert.equal(entry !== 0, live !== undefined);
    if (live !== undefined)
      assert.equal(this.engine.describe(entry), describeValue(live.value, live.deadline));
    return entry;
  }

  set(database: number, key: Buffer, value: Buffer, deadline: number): void {
    const { shard, hash } = this.place(key);
    const existing = this.find(database, key);
    const keyspace = this.engine.keyspace;
    // The key lies among other bytes, as it does in a connection's buffer.
    const source = Buffer.concat([Buffer.from('--'), key, Buffer.from('--')]);
    const done = keyspace.set(
      shard,
      database,
      hash,
      viewOf(source),
      2,
      key.length,
      viewOf(value),
      0,
      value.length,
      deadline,
      existing,
    );
    if (done) this.model.set(nameOf(database, key), { value, deadline });
  }

  append(database: number, key: Buffer, suffix: Buffer): void {
    const entry = this.find(database, key);
    if (entry === 0) return;
    const stored = this.model.get(nameOf(database, key))!;
    if (
      this.engine.keyspace.append(this.place(key).shard, database, entry, viewOf(suffix), 0, suffix.length)
    ) {
      stored.value = Buffer.concat([stored.value, suffix]);
    }
  }

  setRange(database: number, key: Buffer, offset: number, bytes: Buffer): void {
    const { shard, hash } = this.place(key);
    const entry = this.find(database, key);
    const { keyspace } = this.engine;
    const name = nameOf(database, key);
    const done = keyspace.setRange(
      shard,
      database,
      hash,
      viewOf(key),
      0,
      key.length,
      entry,
      offset,
      viewOf(bytes),
      0,
      bytes.length,
    );
    if (!done) return;
    const { value, deadline } = this.model.get(name) ?? { value: Buffer.alloc(0), deadline: 0 };
    const changed = Buffer.alloc(Math.max(value.length, offset + bytes.length));
    value.copy(changed);
    bytes.copy(changed, offset);
    this.model.set(name, { value: changed, deadline });
  }

  setDeadline(database: number, key: Buffer, deadline: number): void {
    const entry = this.find(database, key);
    if (entry === 0) return;
    if (this.engine.keyspace.setDeadline(this.place(key).shard, database, entry, deadline)) {
      this.model.get(nameOf(database, key))!.deadline = deadline;
    }
  }

  remove(database: number, key: Buffer): void {
    const entry = this.find(database, key);
    if (entry === 0) return;
    this.engine.keyspace.remove(this.place(key).shard, database, entry);
    this.model.delete(nameOf(database, key));
  }

  /** One step of active expiry in every table. */
  expire(): void {
    const { engine } = this;
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      for (let database = 0; database < DATABASE_COUNT; database++) {
        const before = engine.keyspace.count(shard, database);
        const step = engine.keyspace.expireNext(shard, database);
        assert.equal(before - engine.keyspace.count(shard, database), step === 1 ? 1 : 0);
      }
    }
    const left = engine.contents();
    for (const [name, stored] of this.model) {
      if (!left.has(name) && isOver(stored, engine.now)) this.model.delete(name);
    }
  }

  detach(shard: number, database: number): void {
    const had = [...this.model.keys()].filter((name) => this.isOf(name, shard, database));
    assert.equal(detachDatabase(this.engine.keyspace, shard, database), had.length > 0);
    for (const name of had) this.model.delete(name);
  }

  /** Everything is as the model has it, and counted right. */
  check(): void {
    const { engine } = this;
    const model = new Map(
      [...this.model].map(([name, { value, deadline }]) => [name, describeValue(value, deadline)]),
    );
    assert.deepEqual(engine.contents(), model);
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      for (let database = 0; database < DATABASE_COUNT; database++) {
        const own = [...this.model].filter(([name]) => this.isOf(name, shard, database));
        const expiring = own.filter(([, stored]) => stored.deadline !== 0).length;
        assert.equal(engine.keyspace.count(shard, database), own.length);
        assert.equal(engine.keyspace.deadlines.count(shard, database), expiring);
        const wheel = engine.memory.shardU32[engine.memory.tableAt(shard, database) + TABLE_WHEEL];
        assert.equal(wheel !== 0, expiring > 0, 'a timing wheel where there is something to expire');
      }
    }
  }

  // What the snapshot's thread does (engine/snapshot/walk.ts), in small.

  flip(): void {
    if (this.snapshot !== undefined) return;
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      const engine = this.engine.memory.engineAt(shard);
      this.engine.memory.shardU32[engine + ENGINE_EPOCH]! ^= 1;
      this.engine.memory.shardU32[engine + ENGINE_SNAPSHOT] = 1;
      this.engine.memory.shardU32[engine + ENGINE_SNAPSHOT_LOST] = 0;
    }
    this.snapshot = { expected: this.engine.contents(), written: new Map(), pinned: undefined };
  }

  /** Writes up to `count` entries that are still as they were; the last one stays pinned. */
  walk(count: number): void {
    const { snapshot } = this;
    if (snapshot === undefined) return;
    this.unpin();
    for (const { shard, database, entry } of this.oldEntries().slice(0, count)) {
      this.unpin();
      this.write(database, entry);
      const engine = this.engine.memory.engineAt(shard);
      this.engine.entries.setEpoch(entry, this.engine.memory.shardU32[engine + ENGINE_EPOCH]!);
      this.engine.memory.shardU32[engine + ENGINE_PINNED] = entry;
      snapshot.pinned = { shard, entry, description: this.engine.describe(entry) };
    }
  }

  unpin(): void {
    const pinned = this.snapshot?.pinned;
    if (pinned === undefined) return;
    assert.equal(this.engine.describe(pinned.entry), pinned.description, 'a pinned entry does not change');
    const words = this.engine.memory.shardU32;
    const engine = this.engine.memory.engineAt(pinned.shard);
    words[engine + ENGINE_PINNED] = 0;
    if (words[engine + ENGINE_PINNED_DEAD] !== 0) this.engine.memory.free(pinned.shard, pinned.entry);
    words[engine + ENGINE_PINNED_DEAD] = 0;
    this.snapshot!.pinned = undefined;
  }

  drain(): void {
    const { memory } = this.engine;
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      for (let database = 0; database < DATABASE_COUNT; database++) {
        const table = memory.tableAt(shard, database);
        for (let node = memory.shardU32[table + TABLE_HAND_OVER]!; node !== 0; ) {
          const words = memory.u32[node >>> SEGMENT_SHIFT]!;
          const entry = words[(node & SEGMENT_MASK) << 1]!;
          const next = words[((node & SEGMENT_MASK) << 1) + 1]!;
          this.write(database, entry);
          memory.free(shard, entry);
          memory.free(shard, node);
          memory.shardU32[table + TABLE_HAND_OVER_COUNT]! -= 1;
          node = next;
        }
        assert.equal(memory.shardU32[table + TABLE_HAND_OVER_COUNT], 0);
        memory.shardU32[table + TABLE_HAND_OVER] = 0;
      }
    }
  }

  endSnapshot(): void {
    const { snapshot } = this;
    if (snapshot === undefined) return;
    this.walk(Number.POSITIVE_INFINITY);
    this.unpin();
    this.drain();
    let isLost = false;
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      const engine = this.engine.memory.engineAt(shard);
      if (this.engine.memory.shardU32[engine + ENGINE_SNAPSHOT_LOST] !== 0) isLost = true;
      this.engine.memory.shardU32[engine + ENGINE_SNAPSHOT] = 0;
    }
    if (!isLost) assert.deepEqual(snapshot.written, snapshot.expected);
    this.snapshot = undefined;
  }

  private write(database: number, entry: number): void {
    const name = nameOf(database, this.engine.keyAt(entry));
    assert.ok(!this.snapshot!.written.has(name), `${name} is written once`);
    this.snapshot!.written.set(name, this.engine.describe(entry));
  }

  private oldEntries(): { shard: number; database: number; entry: number }[] {
    const { engine } = this;
    const old: { shard: number; database: number; entry: number }[] = [];
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      const epoch = engine.memory.shardU32[engine.memory.engineAt(shard) + ENGINE_EPOCH]!;
      for (let database = 0; database < DATABASE_COUNT; database++) {
        for (const entry of engine.pointers(shard, database)) {
          if (engine.entries.epoch(entry) !== epoch) old.push({ shard, database, entry });
        }
      }
    }
    return old;
  }

  private isOf(name: string, shard: number, database: number): boolean {
    return name.startsWith(`${database}/`) && this.engine.shardOf(name.slice(2)) === shard;
  }

  private place(key: Buffer): { shard: number; hash: number } {
    const hash = hashBytes(viewOf(key), 0, key.length);
    return { shard: hash & (SHARD_COUNT - 1), hash };
  }
}

function nameOf(database: number, key: Buffer): string {
  return `${database}/${key.toString('latin1')}`;
}

function isOver(stored: Stored, now: number): boolean {
  return stored.deadline !== 0 && stored.deadline <= now;
}

const database = fc.nat(DATABASE_COUNT - 1);
const key = fc.constantFrom(...KEYS);
const deadlineAfter = fc.oneof(fc.constant(0), fc.integer({ min: -50, max: 5000 }), fc.constant(10 ** 12));
const value = fc
  .record({
    size: fc.oneof(
      { weight: 30, arbitrary: fc.nat(48) },
      { weight: 10, arbitrary: fc.nat(3000) },
      {
        weight: 1,
        arbitrary: fc.integer({ min: NARROW_VALUE_BYTES_MAX - 2, max: NARROW_VALUE_BYTES_MAX + 2 }),
      },
    ),
    fill: fc.integer({ min: 0x61, max: 0x7a }),
  })
  .map(({ size, fill }) => ({ size, fill, toString: () => `${size} times ${String.fromCharCode(fill)}` }));
type Value = { size: number; fill: number };
const bytesOf = ({ size, fill }: Value): Buffer => Buffer.alloc(size, fill);

type Step = (checked: Checked) => void;
const named = (name: string, step: Step): Step => Object.assign(step, { toString: () => name });
const deadline = (checked: Checked, after: number): number => (after === 0 ? 0 : checked.engine.now + after);

const data = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(database, key, value, deadlineAfter)
      .map(([d, k, v, after]) =>
        named(`set ${d} ${k} ${v} ${after}`, (checked) =>
          checked.set(d, k, bytesOf(v), deadline(checked, after)),
        ),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(database, key, deadlineAfter)
      .map(([d, k, after]) =>
        named(`deadline ${d} ${k} ${after}`, (checked) =>
          checked.setDeadline(d, k, deadline(checked, after)),
        ),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(database, key, value)
      .map(([d, k, v]) => named(`append ${d} ${k} ${v}`, (checked) => checked.append(d, k, bytesOf(v)))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(database, key, fc.nat(200), value)
      .map(([d, k, offset, v]) =>
        named(`set range ${d} ${k} ${offset} ${v}`, (checked) =>
          checked.setRange(d, k, offset, Buffer.concat([bytesOf(v), Buffer.from('.')])),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(database, key)
      .map(([d, k]) => named(`remove ${d} ${k}`, (checked) => checked.remove(d, k))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(database, key)
      .map(([d, k]) => named(`find ${d} ${k}`, (checked) => void checked.find(d, k))),
  },
);

const steps = fc.oneof(
  { weight: 30, arbitrary: data },
  // The same, with memory for so many allocations only. What is refused has changed nothing: see `check`.
  {
    weight: 4,
    arbitrary: fc.tuple(data, fc.nat(2)).map(([step, allowed]) =>
      named(`with ${allowed} allocations: ${step}`, (checked) => {
        let left = allowed;
        checked.engine.memory.fails = () => left-- <= 0;
        step(checked);
        checked.engine.memory.fails = () => false;
        checked.check();
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 4000 }).map((ms) =>
      named(`${ms} ms pass`, (checked) => {
        checked.engine.now += ms;
      }),
    ),
  },
  { weight: 3, arbitrary: fc.constant(named('expire', (checked) => checked.expire())) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(SHARD_COUNT - 1), database)
      .map(([shard, d]) => named(`detach ${shard} ${d}`, (checked) => checked.detach(shard, d))),
  },
  { weight: 2, arbitrary: fc.constant(named('flip', (checked) => checked.flip())) },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: 1, max: 5 })
      .map((count) => named(`walk ${count}`, (checked) => checked.walk(count))),
  },
  { weight: 2, arbitrary: fc.constant(named('drain', (checked) => checked.drain())) },
  { weight: 1, arbitrary: fc.constant(named('end of snapshot', (checked) => checked.endSnapshot())) },
);

describe('Keyspace', () => {
  it('does what a map of values and deadlines does, and a snapshot taken meanwhile shows one moment', () => {
    const engine = new TestEngine({ shardCount: SHARD_COUNT, databaseCount: DATABASE_COUNT });
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 80, size: 'max' }), (each) => {
        const checked = new Checked(engine);
        for (const step of each) step(checked);
        checked.check();
        checked.endSnapshot();
        for (const k of KEYS) checked.remove(0, k);
        for (let shard = 0; shard < SHARD_COUNT; shard++) checked.detach(shard, 1);
        engine.assertEmpty();
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a deadline for which there is no timing wheel, with nothing changed, leaked or logged', () => {
    const checked = new Checked(new TestEngine({ logs: true }));
    const { engine } = checked;
    const key = Buffer.from('key');
    checked.set(0, key, Buffer.from('value'), 0);
    const used = engine.memory.usedBytes();
    const tail = engine.log.tail();
    const entry = checked.find(0, key);
    let left = 1; // The copy finds memory, the wheel does not.
    engine.memory.fails = () => left-- <= 0;
    assert.equal(engine.keyspace.setDeadline(engine.shardOf(key), 0, entry, START_MS + 1000), false);
    engine.memory.fails = () => false;
    assert.equal(engine.memory.usedBytes(), used);
    assert.equal(engine.log.tail(), tail);
    checked.check();
    checked.remove(0, key);
    engine.assertEmpty();
  });

  it('drops the timing wheel again when the first key with a deadline finds no room in the table', () => {
    const checked = new Checked(new TestEngine());
    const { engine } = checked;
    engine.memory.fails = (bytes) => bytes === 4096; // no segment for the table
    checked.set(0, Buffer.from('key'), Buffer.from('value'), START_MS + 1000);
    engine.memory.fails = () => false;
    assert.equal(checked.model.size, 0);
    engine.assertEmpty();
  });

  it('frees a table at once when there is no memory to put it aside', () => {
    const checked = new Checked(new TestEngine());
    const { engine } = checked;
    for (let number = 0; number < 3000; number++) {
      checked.set(
        0,
        Buffer.from(`key:${number}`),
        Buffer.from('value'),
        number % 2 === 0 ? 0 : START_MS + number,
      );
    }
    engine.memory.fails = () => true;
    for (let shard = 0; shard < SHARD_COUNT; shard++) checked.detach(shard, 0);
    engine.memory.fails = () => false;
    checked.check();
    assert.equal(freeGarbage(engine.keyspace, 0), false);
    engine.assertEmpty();
  });

  it('loses a running snapshot by a flush, and by a change for which there is no memory to hand over', () => {
    for (const isFlush of [true, false]) {
      const checked = new Checked(new TestEngine());
      const { engine } = checked;
      const key = Buffer.from('key');
      const shard = engine.shardOf(key);
      const words = engine.memory.shardU32;
      const at = engine.memory.engineAt(shard);
      checked.set(0, key, Buffer.from('value'), 0);
      checked.flip();
      checked.set(1, key, Buffer.from('new'), 0);
      checked.remove(1, key);
      assert.equal(words[at + ENGINE_SNAPSHOT_LOST], 0);
      if (isFlush) {
        checked.detach(shard, 0);
      } else {
        engine.memory.fails = () => true;
        checked.remove(0, key);
        engine.memory.fails = () => false;
      }
      assert.equal(words[at + ENGINE_SNAPSHOT_LOST], 1);
      checked.endSnapshot();
      engine.assertEmpty();
    }
  });

  it('deletes a key whose time is over also when the log is broken, with nothing logged', () => {
    const checked = new Checked(new TestEngine({ logs: true }));
    const { engine } = checked;
    checked.set(0, Buffer.from('key'), Buffer.from('value'), START_MS + 10);
    const tail = engine.log.tail();
    engine.breakLog();
    engine.now += 10;
    assert.equal(checked.find(0, Buffer.from('key')), 0);
    assert.equal(engine.log.tail(), tail);
    engine.assertEmpty();
  });

  it('logs each effect once and stamps the shard with the LSN after it', () => {
    const checked = new Checked(new TestEngine({ logs: true }));
    const { engine } = checked;
    const key = Buffer.from('key');
    const shard = engine.shardOf(key);
    const shown: string[] = [];
    const step = (act: () => void): void => {
      act();
      assert.equal(engine.memory.shardF64[engine.memory.lastLsnAt(shard)], engine.log.tail());
      const count = engine.drainLog({
        record: (fields, bytes) => {
          const name = Buffer.from(bytes.slice(fields.keyOffset, fields.keyOffset + fields.keyBytes));
          const text = Buffer.from(bytes.slice(fields.valueOffset, fields.valueOffset + fields.valueBytes));
          const value = [OP_SET, OP_APPEND, OP_SETRANGE].includes(fields.op) ? text : '';
          shown.push(`${fields.op}.${fields.flags} ${fields.database} ${name} ${value} ${fields.deadline}`);
        },
      });
      assert.ok(count <= 1);
    };
    step(() => checked.set(1, key, Buffer.from('one'), 0));
    step(() => checked.set(1, key, Buffer.from('two'), START_MS + 5000));
    step(() => checked.setDeadline(1, key, START_MS + 6000));
    step(() => checked.append(1, key, Buffer.from('!')));
    step(() => checked.setRange(1, key, 1, Buffer.from('Q')));
    step(() => checked.setDeadline(1, key, 0));
    step(() => checked.remove(1, key));
    step(() => checked.set(1, key, Buffer.from(''), START_MS + 5));
    step(() => checked.find(1, Buffer.from('key')));
    engine.now += 5;
    step(() => checked.find(1, Buffer.from('key')));
    assert.deepEqual(shown, [
      '1.0 1 key one 0',
      `1.1 1 key two ${START_MS + 5000}`,
      `3.0 1 key  ${START_MS + 6000}`,
      '5.0 1 key ! 0',
      '9.0 1 key Q 0',
      '4.0 1 key  0',
      '2.0 1 key  0',
      `1.1 1 key  ${START_MS + 5}`,
      '2.2 1 key  0',
    ]);
    assert.equal(engine.memory.shardF64[engine.memory.doubleAt(shard, SHARD_F64_DIRTY)], shown.length);
    assert.equal(engine.memory.shardF64[engine.memory.doubleAt(shard, SHARD_F64_EXPIRED)], 1);
    engine.assertEmpty();
  });

  it('changes a value in place where it fits, and not where it would waste half of the block', () => {
    const checked = new Checked(new TestEngine());
    const { engine } = checked;
    const key = Buffer.from('key');
    const set = (size: number): number => {
      checked.set(0, key, Buffer.alloc(size, 0x61), 0);
      return checked.find(0, key);
    };
    const first = set(100);
    assert.equal(set(90), first);
    const small = set(10);
    assert.ok(engine.memory.usableBytes(small) <= 2 * engine.entries.size(small));
    set(1024 - 8 - key.length); // fills its block
    checked.append(0, key, Buffer.from('b'));
    const grown = checked.find(0, key);
    for (let count = 0; count < 1000; count++) checked.append(0, key, Buffer.from('c'));
    assert.equal(checked.find(0, key), grown, 'appending makes room for more');
    checked.remove(0, key);
    engine.assertEmpty();
  });
});
