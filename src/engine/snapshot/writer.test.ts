import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { type Disk, realDisk } from '../wal/disk.js';
import { checkSnapshot } from './check.js';
import { SECTION_BYTES, SNAPSHOT_FILE, SNAPSHOT_TEMPORARY_FILE } from './format.js';
import { readSnapshotIndex, SectionLoader } from './loader.js';
import type { PairWriterData } from './pair-writer.case.js';
import { SnapshotFile } from './snapshot-file.js';
import { Store } from './store.case.js';
import { SnapshotWalk } from './walk.js';
import { runSnapshot, type SnapshotResult } from './writer.js';

/** What a store or a snapshot holds: `database:key in hex` to value and deadline. */
type Contents = Map<string, { readonly value: Buffer; readonly deadline: number }>;

const HUGE_BYTES = 120_000;
/** For tests that are not about the disk. */
const unsyncedDisk: Disk = { ...realDisk, sync() {}, syncDirectory() {} };

function withDirectory<T>(action: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'crabkv-snapshot-'));
  try {
    return action(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function take(
  store: Store,
  directory: string,
  disk: Disk = realDisk,
  cancelled = () => false,
): SnapshotResult {
  const { memory, entries, table, batons, log } = store;
  return runSnapshot({ memory, entries, table, batons, log, disk, directory, cancelled });
}

function walkOf(store: Store, file: SnapshotFile): SnapshotWalk {
  return new SnapshotWalk(store.memory, store.entries, store.table, store.batons, store.log, file);
}

function load(directory: string): Contents {
  const index = readSnapshotIndex(directory);
  assert.ok(index);
  const contents: Contents = new Map();
  const loader = new SectionLoader(index);
  index.sections.forEach((_section, number) => {
    loader.load(number, (line) => {
      const key = Buffer.from(line.keySource.subarray(line.keyOffset, line.keyOffset + line.keySize));
      const name = `${line.database}:${key.toString('hex')}`;
      assert.ok(!contents.has(name), `${name} is there twice`);
      const value = Buffer.from(
        line.valueSource.subarray(line.valueOffset, line.valueOffset + line.valueSize),
      );
      contents.set(name, { value, deadline: line.deadline });
    });
  });
  loader.close();
  assert.equal(contents.size, index.entries);
  return contents;
}

/** Fails the call number `failAt` (from 1) of those that change the disk. */
function failingDisk(failAt: number): Disk & { calls: number } {
  const disk = { calls: 0 } as Disk & { calls: number };
  const count = <A extends unknown[], R>(operation: (...rest: A) => R) => {
    return (...rest: A): R => {
      disk.calls += 1;
      if (disk.calls === failAt) throw Object.assign(new Error('EIO: i/o error, simulated'), { code: 'EIO' });
      return operation(...rest);
    };
  };
  return Object.assign(disk, realDisk, {
    open: count(realDisk.open),
    write: count(realDisk.write),
    sync: count(realDisk.sync),
    close: count(realDisk.close),
    rename: count(realDisk.rename),
    syncDirectory: count(realDisk.syncDirectory),
  });
}

function key(number: number): Buffer {
  return Buffer.from(`key:${number}`);
}

function fill(store: Store, count: number, valueBytes = 20): void {
  for (let number = 0; number < count; number++) store.set(0, key(number), Buffer.alloc(valueBytes, 'v'), 0);
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => Buffer.from(text)),
  fc
    .tuple(fc.integer({ min: 250, max: HUGE_BYTES }), fc.nat(255))
    .map(([size, byte]) => Buffer.alloc(size, byte)),
);

test('a snapshot brings back every key, value, deadline and database', () => {
  const entry = fc.record({
    database: fc.nat(3),
    key: bytes,
    value: bytes,
    deadline: fc.oneof(fc.constant(0), fc.integer({ min: 10, max: 2 ** 45 })),
  });
  withDirectory((directory) => {
    const store = Store.create(4, 4);
    const model: Contents = new Map();
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 25 }), (given) => {
        for (const one of given) {
          assert.ok(store.set(one.database, one.key, one.value, one.deadline));
          model.set(`${one.database}:${one.key.toString('hex')}`, one);
        }
        const result = take(store, directory);
        assert.deepEqual([result.ok, result.entries, result.lsn], [true, model.size, store.log.tail()]);
        for (const [name, { value, deadline }] of load(directory)) {
          assert.deepEqual(
            { value, deadline },
            { value: model.get(name)?.value, deadline: model.get(name)?.deadline },
          );
        }
      }),
      { numRuns: 25 },
    );
  });
});

type Change =
  | { readonly kind: 'set'; readonly key: number; readonly bytes: number; readonly deadline: number }
  | { readonly kind: 'append' | 'remove' | 'expire' | 'persist'; readonly key: number }
  | { readonly kind: 'grow' | 'clear' | 'swap'; readonly key: number }
  | { readonly kind: 'steps'; readonly count: number };

const KEYS = 3000;
const keyNumber = fc.nat(KEYS - 1);
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      key: keyNumber,
      bytes: fc.oneof(fc.nat(60), fc.nat(60), fc.nat(60), fc.integer({ min: 15_000, max: 40_000 })),
      deadline: fc.constantFrom(0, 0, 5000, 6000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('append' as const, 'remove' as const, 'expire' as const, 'persist' as const),
      key: keyNumber,
    }),
  },
  // Many keys at once, so that segments split and merge under the walk.
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('grow' as const, 'clear' as const), key: keyNumber }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('swap' as const), key: keyNumber }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('steps' as const), count: fc.nat(30) }) },
);

/** A store, and a plain map that the same is done to. A number's key is in the database that its last bit says, until a swap. */
class Mirrored {
  readonly store = Store.create(2, 2);
  private readonly model: Contents = new Map();
  private swapped = 0;
  private count = 0;

  /** What is in the store. */
  contents(): Contents {
    return new Map(
      [...this.model].map(([name, entry]) => [`${Number(name[0]) ^ this.swapped}${name.slice(1)}`, entry]),
    );
  }

  set(number: number, size: number, deadline: number): void {
    const value = Buffer.alloc(size, `${this.count++};`);
    this.store.set(this.database(number), key(number), value, deadline);
    this.model.set(this.name(number), { value, deadline });
  }

  apply(given: Exclude<Change, { readonly kind: 'steps' }>): void {
    const number = given.key;
    const database = this.database(number);
    const old = this.model.get(this.name(number));
    if (given.kind === 'set') {
      this.set(number, given.bytes, given.deadline);
    } else if (given.kind === 'grow') {
      for (let other = 0; other < 2000; other++) this.set(KEYS + number + other, 9, 0);
    } else if (given.kind === 'clear') {
      for (let other = 0; other < 2500; other++) this.remove((number + other) % (2 * KEYS));
    } else if (given.kind === 'remove') {
      this.remove(number);
    } else if (given.kind === 'swap') {
      this.store.swap(0, 1);
      this.swapped ^= 1;
    } else if (old !== undefined && given.kind === 'append') {
      this.store.append(database, key(number), Buffer.from('-more'));
      this.model.set(this.name(number), { ...old, value: Buffer.concat([old.value, Buffer.from('-more')]) });
    } else if (old !== undefined) {
      const deadline = given.kind === 'persist' ? 0 : 7000;
      this.store.setDeadline(database, key(number), deadline);
      this.model.set(this.name(number), { ...old, deadline });
    }
  }

  remove(number: number): void {
    this.store.remove(this.database(number), key(number));
    this.model.delete(this.name(number));
  }

  private database(number: number): number {
    return (number & 1) ^ this.swapped;
  }

  private name(number: number): string {
    return `${number & 1}:${key(number).toString('hex')}`;
  }
}

test('a snapshot shows one moment, whatever changes while it is taken', () => {
  withDirectory((directory) => {
    const mirrored = new Mirrored();
    const { store } = mirrored;
    fc.assert(
      fc.property(fc.array(change, { minLength: 20, maxLength: 120 }), (changes) => {
        for (let number = 0; number < KEYS; number += 2)
          mirrored.set(number, 30, number % 10 === 0 ? 4000 : 0);
        const file = new SnapshotFile(unsyncedDisk, directory);
        const walk = walkOf(store, file);
        file.open();
        walk.flip();
        file.begin({ lsn: walk.lsn, created: 'now', databases: 2 });
        const expected = mirrored.contents();
        let going = true;
        for (const given of changes) {
          if (given.kind !== 'steps') mirrored.apply(given);
          else for (let step = 0; step < given.count && going; step++) going = walk.step();
        }
        while (walk.step()) {
          // To the end.
        }
        assert.equal(walk.lost, false);
        assert.ok(file.publish());
        const found = load(directory);
        assert.equal(found.size, expected.size);
        for (const [name, entry] of expected) assert.deepEqual(found.get(name), entry, name);
      }),
      { numRuns: 60 },
    );
    // And nothing of it is left in memory.
    take(store, directory);
    assert.deepEqual(load(directory), mirrored.contents());
    for (let number = 0; number < 3 * KEYS; number++) mirrored.remove(number);
    assert.equal(store.memory.usedBytes(), 0);
  });
});

test('a huge value can be changed and deleted while it is being written', () => {
  withDirectory((directory) => {
    const huge = Buffer.alloc(3 * SECTION_BYTES, 'huge');
    const name = Buffer.from('huge');
    const changes: ((store: Store) => void)[] = [
      (store) => store.remove(0, name),
      (store) => store.set(0, name, Buffer.alloc(huge.length, 'other'), 0),
      (store) => store.set(0, name, Buffer.alloc(huge.length, 'other'), 7000),
      (store) => store.append(0, name, Buffer.from('more')),
      (store) => store.setDeadline(0, name, 7000),
      (store) => store.flush(0),
    ];
    for (const change of changes) {
      const store = Store.create(1, 1);
      store.set(0, name, huge, 5000);
      // Pieces of the value are written while the rest is still read from memory.
      let writes = 0;
      const disk: Disk = {
        ...unsyncedDisk,
        write(file, buffers, position) {
          writes += 1;
          if (writes === 2) change(store);
          return realDisk.write(file, buffers, position);
        },
      };
      const isFlush = change === changes.at(-1);
      assert.equal(take(store, directory, disk).ok, !isFlush);
      if (isFlush) continue;
      assert.deepEqual([...load(directory).values()], [{ value: huge, deadline: 5000 }]);
      store.remove(0, name);
      assert.equal(store.memory.usedBytes(), 0);
    }
  });
});

test('a snapshot shows one moment, taken while another thread writes', async () => {
  const store = Store.create(8, 1);
  const pairCount = 2000;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const data: PairWriterData = { memory: store.memory.shared, pairCount, stop };
  const worker = new Worker(new URL('./pair-writer.case.js', import.meta.url), { workerData: data });
  await once(worker, 'message');
  withDirectory((directory) => {
    for (let round = 0; round < 10; round++) {
      assert.ok(take(store, directory).ok);
      const contents = load(directory);
      assert.equal(contents.size, 2 * pairCount);
      const rounds = new Set<number>();
      for (let pair = 0; pair < pairCount; pair++) {
        const [a, b] = ['a', 'b'].map((letter) => {
          const name = `0:${Buffer.from(`${letter}:${pair}`).toString('hex')}`;
          return Number(contents.get(name)?.value.toString());
        }) as [number, number];
        assert.ok(a === b || a === b + 1, `pair ${pair}: ${a} and ${b}`);
        rounds.add(a).add(b);
      }
      assert.ok(rounds.size <= 2, `rounds ${[...rounds]}`);
    }
  });
  Atomics.store(stop, 0, 1);
  await once(worker, 'exit');
});

test('segments that merge or split under the walk hide nothing from it', () => {
  withDirectory((directory) => {
    const count = 2000;
    for (let steps = 0; steps < 120; steps += 3) {
      const store = Store.create(1, 1);
      fill(store, count);
      const file = new SnapshotFile(unsyncedDisk, directory);
      const walk = walkOf(store, file);
      file.open();
      walk.flip();
      file.begin({ lsn: 0, created: '', databases: 1 });
      for (let step = 0; step < steps; step++) walk.step();
      if (steps % 2 === 0)
        for (let number = count; number < 3 * count; number++) store.set(0, key(number), key(number), 0);
      else for (let number = 0; number < count; number++) if (number % 12 !== 0) store.remove(0, key(number));
      while (walk.step()) {
        // To the end.
      }
      assert.ok(file.publish());
      assert.equal(load(directory).size, count, `after ${steps} steps`);
    }
  });
});

test('memory handed over to the snapshot comes back while the walk is still under way', () => {
  withDirectory((directory) => {
    const store = Store.create(4, 1);
    const count = 60_000;
    fill(store, count);
    const before = store.memory.usedBytes();
    const file = new SnapshotFile(unsyncedDisk, directory);
    const walk = walkOf(store, file);
    file.open();
    walk.flip();
    file.begin({ lsn: 0, created: '', databases: 1 });
    let most = 0;
    let number = 0;
    while (walk.step()) {
      for (let write = 0; write < 20; write++) {
        number = (number + 7919) % count;
        store.set(0, key(number), Buffer.alloc(20, 'w'), 0);
      }
      most = Math.max(most, store.memory.usedBytes());
    }
    assert.ok(most < before * 1.5, `${most} of ${before}`);
    file.abandon();
  });
});

test('a flush while the snapshot is taken makes it fail, and the next one is good', () => {
  withDirectory((directory) => {
    const store = Store.create(2, 2);
    fill(store, 3000);
    store.set(1, key(1), Buffer.from('stays'), 0);
    const file = new SnapshotFile(unsyncedDisk, directory);
    const walk = walkOf(store, file);
    file.open();
    walk.flip();
    file.begin({ lsn: 0, created: '', databases: 2 });
    for (let step = 0; step < 20; step++) walk.step();
    store.flush(0);
    while (walk.step()) {
      // To the end.
    }
    assert.equal(walk.lost, true);
    file.abandon();
    store.set(0, key(2), Buffer.from('new'), 0);
    assert.ok(take(store, directory).ok);
    assert.equal(load(directory).size, 2);
  });
});

test('a disk that fails at any point leaves the old snapshot as it was, and the next one is good', () => {
  withDirectory((directory) => {
    const store = Store.create(4, 1);
    fill(store, 100);
    assert.ok(take(store, directory).ok);
    const old = readFileSync(join(directory, SNAPSHOT_FILE));
    for (let number = 0; number < 300; number++) store.set(0, key(number), Buffer.alloc(60_000, 'x'), 0);
    const whole = failingDisk(-1);
    assert.ok(take(store, mkdtempSync(join(directory, 'other-')), whole).ok);
    store.log.recycledTo = -1;
    for (let failAt = 1; failAt < whole.calls; failAt++) {
      const result = take(store, directory, failingDisk(failAt));
      assert.equal(result.ok, false);
      assert.match(result.error ?? '', /simulated/);
      assert.equal(store.log.recycledTo, -1);
      assert.deepEqual(readFileSync(join(directory, SNAPSHOT_FILE)), old, `call ${failAt}`);
      assert.equal(existsSync(join(directory, SNAPSHOT_TEMPORARY_FILE)), false);
    }
    // The last call makes the new name durable: it is there, but nothing may rely on it.
    assert.equal(take(store, directory, failingDisk(whole.calls)).ok, false);
    assert.equal(store.log.recycledTo, -1);
    assert.ok(take(store, directory).ok);
    assert.equal(load(directory).size, 300);
    assert.equal(store.log.recycledTo, store.log.tail());
  });
});

test('a snapshot that is cancelled leaves nothing behind', () => {
  withDirectory((directory) => {
    const store = Store.create(4, 1);
    fill(store, 50_000);
    const result = take(store, directory, unsyncedDisk, () => true);
    assert.equal(result.ok, false);
    assert.deepEqual(readdirSync(directory), []);
    assert.ok(take(store, directory).ok);
    assert.equal(load(directory).size, 50_000);
  });
});

test('a log that has failed does not keep the store from being saved', () => {
  withDirectory((directory) => {
    const store = Store.create(1, 1);
    fill(store, 10);
    store.log.hasFailed = true;
    assert.ok(take(store, directory).ok);
    assert.equal(store.log.recycledTo, -1);
    assert.equal(load(directory).size, 10);
  });
});

test('sections are whole lines of about the intended size', () => {
  withDirectory((directory) => {
    const store = Store.create(4, 1);
    fill(store, 2000, 10_000);
    store.set(0, key(5000), Buffer.alloc(3 * SECTION_BYTES, 'h'), 0);
    assert.ok(take(store, directory).ok);
    const index = readSnapshotIndex(directory);
    assert.ok(index && index.sections.length >= 5);
    for (const section of index.sections.slice(0, -1)) assert.ok(section.bytes >= SECTION_BYTES);
    assert.equal(load(directory).size, 2001);
  });
});

test('an empty store has a snapshot, too', () => {
  withDirectory((directory) => {
    const store = Store.create(4, 2);
    assert.ok(take(store, directory).ok);
    const index = readSnapshotIndex(directory);
    assert.deepEqual([index?.entries, index?.sections, index?.databases], [0, [], 2]);
  });
});

test('a cut file and a file with any byte changed are refused, by name and offset', () => {
  withDirectory((directory) => {
    const store = Store.create(1, 1);
    fill(store, 5);
    assert.ok(take(store, directory).ok);
    const path = join(directory, SNAPSHOT_FILE);
    const good = readFileSync(path);
    const refused = { code: /SNAPSHOT_(DAMAGED|VERSION)/, message: /snapshot\.json at offset \d+: .*; / };
    for (let size = 0; size < good.length; size++) {
      writeFileSync(path, good.subarray(0, size));
      assert.throws(() => load(directory), refused, `${size} bytes`);
    }
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at & 7);
      writeFileSync(path, bad);
      assert.throws(() => load(directory), refused, `byte ${at}`);
    }
    writeFileSync(path, good.toString('latin1').replace('"version":1', '"version":2'), 'latin1');
    assert.throws(() => load(directory), /format version 2, and this CrabKV knows versions up to 1/);
  });
});

test('check describes a good snapshot, and names every damaged section', () => {
  withDirectory((directory) => {
    const store = Store.create(4, 2);
    const check = (): { readonly ok: boolean; readonly lsn: number; readonly text: string } => {
      let text = '';
      const result = checkSnapshot(directory, { write: (line: string) => (text += line) });
      return { ...result, text };
    };
    assert.deepEqual(check(), { ok: true, lsn: 0, text: `no snapshot in ${directory}\n` });
    fill(store, 1500, 10_000);
    store.set(1, key(1), Buffer.from('one'), 2 ** 41);
    assert.ok(take(store, directory).ok);
    const good = check();
    assert.equal(good.ok, true);
    assert.equal(good.lsn, store.log.tail());
    assert.match(good.text, /1501 keys \(1 expiring\).*database 0: 1500 keys.*database 1: 1 keys/s);
    const path = join(directory, SNAPSHOT_FILE);
    const bad = readFileSync(path);
    bad[1000]! ^= 1;
    bad[SECTION_BYTES + 50_000]! ^= 1;
    writeFileSync(path, bad);
    const damaged = check();
    assert.equal(damaged.ok, false);
    assert.match(damaged.text, /2 of \d+ sections damaged/);
  });
});

test('jq reads a snapshot', (context) => {
  if (spawnSync('jq', ['--version']).status !== 0) {
    context.skip('NOT TESTED: jq is not installed');
    return;
  }
  withDirectory((directory) => {
    const store = Store.create(2, 2);
    store.set(0, Buffer.from('user:1'), Buffer.from('rustacean "é"\n'), 0);
    store.set(1, Buffer.from([0xff, 0]), Buffer.from('v'), 1_924_992_000_000);
    assert.ok(take(store, directory).ok);
    const jq = (filter: string): string =>
      execFileSync('jq', ['-c', filter, join(directory, SNAPSHOT_FILE)], { encoding: 'utf8' });
    assert.equal(jq('select(.key == "user:1") | .value'), '"rustacean \\"é\\"\\n"\n');
    assert.equal(jq('select(.db == 1)'), '{"db":1,"key64":"/wA=","value":"v","expiresAt":1924992000000}\n');
    assert.equal(jq('select(.entries) | .entries'), '2\n');
  });
});
