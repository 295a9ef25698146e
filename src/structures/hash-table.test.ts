import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HighMemory } from '../../test/support/high-memory.js';
import { SeededRandom } from '../../test/support/random.js';
import { viewOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { Xorshift } from '../base/xorshift.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { Entries, entryBytes, TYPE_STRING } from './entry.js';
import {
  DEPTH_MAX,
  type HashFunction,
  HashTable,
  PREFIX_COUNT,
  SEGMENT_SLOTS,
  TABLE_COUNT,
  TABLE_DEPTH,
  TABLE_DIRECTORY,
  TABLE_MOVES,
  TABLE_SEGMENTS,
} from './hash-table.js';

const SHARD = 0;
const BUCKET_SLOTS = 12;
const MERGE_COUNT = SEGMENT_SLOTS / 4;
const TABLE_WORDS = 16;
const ENGINE_WORDS = 4;

/** Hashes that bring out what good ones rarely do. */
const HASHES: Record<string, HashFunction> = {
  good: hashBytes,
  signed: (bytes, offset, length) => hashBytes(bytes, offset, length) | 0,
  'of one home bucket': (bytes, offset, length) => hashBytes(bytes, offset, length) | 0xfc0,
  'of few values': (bytes, offset, length) => Math.imul(hashBytes(bytes, offset, length) % 40, 0x12345679),
  'that split late': (bytes, offset, length) => hashBytes(bytes, offset, length) >>> 13,
  'that split on one side only': (bytes, offset, length) => {
    const hash = hashBytes(bytes, offset, length);
    return (hash >>> ((hash & 7) * 2)) ^ -1;
  },
};

/** Eight prefixes of 20 bits: segments as deep as they can be, and a directory of 4 MiB. */
const hashDeepest: HashFunction = (bytes, offset, length) => hashBytes(bytes, offset, length) >>> 17;

/** A table beside the plainest model of one. */
class Checked {
  readonly memory = new HighMemory();
  readonly entries = new Entries(this.memory);
  readonly table: HashTable;
  readonly at: number;
  readonly model = new Map<number, number>();
  private readonly hash: HashFunction;
  /** A key among other bytes, as it is in a connection's buffer. */
  private readonly key = new Uint8Array(32);
  private readonly keyData = viewOf(this.key);
  private keySize = 0;

  constructor(hash: HashFunction = hashBytes) {
    this.hash = hash;
    this.table = new HashTable(this.memory, this.entries, hash);
    this.at = this.memory.tableAt(SHARD, 0);
    this.memory.shardU32[this.at + ENGINE_WORDS] = 12_345;
  }

  header(word: number): number {
    return this.memory.shardU32[this.at + word]!;
  }

  find(key: number): number {
    return this.table.find(this.at, this.hashKey(key), this.keyData, 3, this.keySize);
  }

  /** The entry always gets memory, the table only `allocations` times. */
  insert(key: number, allocations = Number.POSITIVE_INFINITY): boolean {
    const entry = this.createEntry(key);
    this.memory.allocationsLeft = allocations;
    const isInserted = this.table.insert(SHARD, this.at, this.hashKey(key), entry);
    this.memory.allocationsLeft = Number.POSITIVE_INFINITY;
    if (isInserted) this.model.set(key, entry);
    else this.memory.free(SHARD, entry);
    return isInserted;
  }

  remove(key: number, byPointer: boolean): void {
    const entry = this.model.get(key)!;
    if (byPointer) {
      assert.ok(this.table.removePointer(SHARD, this.at, this.hashKey(key), entry));
      assert.ok(!this.table.removePointer(SHARD, this.at, this.hashKey(key), entry), 'removed once');
    } else {
      assert.equal(this.find(key), entry);
      this.table.removeFound(SHARD, this.at);
    }
    this.memory.free(SHARD, entry);
    this.model.delete(key);
  }

  replace(key: number, byPointer: boolean): void {
    const old = this.model.get(key)!;
    const entry = this.createEntry(key);
    if (byPointer) {
      assert.ok(this.table.replacePointer(this.at, this.hashKey(key), old, entry));
      assert.ok(!this.table.replacePointer(this.at, this.hashKey(key), old, entry), 'replaced once');
    } else {
      assert.equal(this.find(key), old);
      this.table.replaceFound(entry);
    }
    this.memory.free(SHARD, old);
    this.model.set(key, entry);
  }

  /** Walks every segment and checks every invariant that the table's header comment names. */
  check(): void {
    if (this.model.size === 0) {
      for (let word = 0; word < TABLE_WORDS; word++) {
        if (word === TABLE_MOVES) continue;
        assert.equal(this.header(word), word === ENGINE_WORDS ? 12_345 : 0, `header word ${word}`);
      }
      assert.equal(this.memory.usedBytes(), 0);
      return;
    }
    const found = new Set<number>();
    const directoryDepth = this.header(TABLE_DEPTH);
    const smallByPrefix = new Map<string, number>();
    let segmentCount = 0;
    for (let prefix = 0; prefix < PREFIX_COUNT; ) {
      const segment = this.table.segmentAt(this.at, prefix);
      const end = this.table.segmentEnd(this.at, prefix);
      const step = PREFIX_COUNT >>> directoryDepth;
      for (let other = prefix; other < end; other += step) {
        assert.equal(this.table.segmentAt(this.at, other), segment, 'one segment for all of its prefixes');
      }
      const { depth, count } = this.checkSegment(segment, found);
      assert.equal(end - prefix, PREFIX_COUNT >>> depth);
      assert.equal(prefix % (end - prefix), 0);
      smallByPrefix.set(`${prefix} ${depth}`, count);
      segmentCount += 1;
      prefix = end;
    }
    for (const [name, count] of smallByPrefix) {
      const [prefix, depth] = name.split(' ').map(Number) as [number, number];
      const buddy = smallByPrefix.get(`${prefix ^ (PREFIX_COUNT >>> depth)} ${depth}`);
      if (depth > 0 && buddy !== undefined)
        assert.ok(count + buddy > MERGE_COUNT, 'small buddies are merged');
    }
    assert.equal(this.header(TABLE_SEGMENTS), segmentCount);
    assert.equal(this.header(TABLE_COUNT), this.model.size);
    assert.deepEqual(found, new Set(this.model.values()));
  }

  private checkSegment(segment: number, found: Set<number>): { depth: number; count: number } {
    const words = this.memory.u32[segment >>> SEGMENT_SHIFT]!;
    const base = (segment & SEGMENT_MASK) << 1;
    const prefixes = new Set<number>();
    const passed = new Array<number>(64).fill(0);
    let count = 0;
    const depth = words[base + 3]! >>> 24;
    for (let index = 0; index < SEGMENT_SLOTS; index++) {
      const entry = this.table.slotPointer(segment, index);
      const slot = index % BUCKET_SLOTS;
      const bucket = (index - slot) / BUCKET_SLOTS;
      const tag = (words[base + bucket * 16 + (slot >>> 2)]! >>> ((slot & 3) * 8)) & 0xff;
      assert.equal(tag === 0, entry === 0, 'a tag for each entry');
      if (entry === 0) continue;
      found.add(entry);
      count += 1;
      const hash = this.hash(
        this.entries.data(entry),
        this.entries.keyOffset(entry),
        this.entries.keySize(entry),
      );
      prefixes.add((hash >>> 1) >>> (31 - depth));
      for (let home = (hash >>> 6) & 63; home !== bucket; home = (home + 1) & 63) passed[home]! += 1;
    }
    assert.ok(prefixes.size <= 1, 'entries share the bits of the depth');
    assert.equal((words[base + 3]! >>> 12) & 0xfff, count);
    for (let bucket = 0; bucket < 64; bucket++) {
      assert.equal(words[base + bucket * 16 + 3]! & 0xfff, passed[bucket], `overflow of bucket ${bucket}`);
    }
    return { depth, count };
  }

  private createEntry(key: number): number {
    this.hashKey(key);
    const entry = this.memory.allocate(SHARD, entryBytes(this.keySize, 0, false));
    this.entries.initialize(entry, TYPE_STRING, this.keySize, 0, 0, 0, 0);
    const bytes = this.entries.bytes(entry);
    const offset = this.entries.keyOffset(entry);
    for (let index = 0; index < this.keySize; index++) bytes[offset + index] = this.key[3 + index]!;
    return entry;
  }

  hashKey(key: number): number {
    const text = `key:${key}`;
    for (let index = 0; index < text.length; index++) this.key[3 + index] = text.charCodeAt(index);
    this.keySize = text.length;
    return this.hash(this.keyData, 3, this.keySize);
  }
}

/** Makes `count` random changes; `growth` of ten of them insert, the others remove or replace. */
function change(checked: Checked, random: SeededRandom, count: number, growth: number, keys: number): void {
  for (let step = 0; step < count; step++) {
    const key = random.below(keys);
    const entry = checked.model.get(key);
    if (entry === undefined) {
      assert.equal(checked.find(key), 0);
      if (random.below(10) < growth) assert.ok(checked.insert(key));
    } else if (random.below(10) >= growth) {
      checked.remove(key, random.below(2) === 0);
    } else {
      checked.replace(key, random.below(2) === 0);
    }
  }
}

function removeAll(checked: Checked): void {
  for (const key of [...checked.model.keys()]) checked.remove(key, false);
  checked.check();
}

describe('HashTable', () => {
  for (const [name, hash] of Object.entries(HASHES)) {
    it(`agrees with a Map, with hashes ${name}`, () => {
      const phase = fc.record({
        seed: fc.integer(),
        count: fc.integer({ min: 1, max: 3000 }),
        growth: fc.integer({ min: 0, max: 10 }),
      });
      fc.assert(
        fc.property(fc.noBias(fc.array(phase, { minLength: 1, maxLength: 6, size: 'max' })), (phases) => {
          const checked = new Checked(hash);
          for (const { seed, count, growth } of phases) {
            change(checked, new SeededRandom(seed), count, growth, 5000);
            checked.check();
          }
          for (const [key, entry] of checked.model) assert.equal(checked.find(key), entry);
          removeAll(checked);
        }),
        { numRuns: 20 },
      );
    });
  }

  it('grows to many segments and gives all memory back', () => {
    const checked = new Checked();
    for (let key = 0; key < 60_000; key++) assert.ok(checked.insert(key));
    checked.check();
    assert.ok(checked.header(TABLE_SEGMENTS) >= 60_000 / SEGMENT_SLOTS);
    assert.ok(checked.header(TABLE_SEGMENTS) * 4096 < 60_000 * 13);
    for (let key = 0; key < 59_000; key++) checked.remove(key, false);
    checked.check();
    assert.ok(checked.header(TABLE_SEGMENTS) < 20);
    assert.ok(checked.header(TABLE_DEPTH) <= 5);
    removeAll(checked);
    assert.equal(checked.memory.pagesInUse(), 0);
  });

  it('merges two segments when they are small together, and not before', () => {
    const checked = new Checked();
    for (let key = 0; checked.header(TABLE_SEGMENTS) < 2; key++) assert.ok(checked.insert(key));
    assert.equal(checked.header(TABLE_MOVES), 1);
    const segment = checked.table.segmentAt(checked.at, 0);
    const first = new Set<number>();
    for (let index = 0; index < SEGMENT_SLOTS; index++) first.add(checked.table.slotPointer(segment, index));
    for (const [key, entry] of [...checked.model]) if (first.has(entry)) checked.remove(key, false);
    for (const key of [...checked.model.keys()].slice(MERGE_COUNT + 1)) checked.remove(key, false);
    assert.equal(checked.model.size, MERGE_COUNT + 1);
    assert.equal(checked.header(TABLE_SEGMENTS), 2);
    assert.equal(checked.header(TABLE_MOVES), 1);
    checked.remove([...checked.model.keys()][0]!, false);
    assert.equal(checked.header(TABLE_SEGMENTS), 1);
    assert.equal(checked.header(TABLE_MOVES), 2);
    removeAll(checked);
  });

  it('holds as many keys of one hash as a segment has slots, and refuses one more', () => {
    const checked = new Checked(() => 0xdead_beef);
    for (let key = 0; key < SEGMENT_SLOTS; key++) assert.ok(checked.insert(key));
    assert.equal(checked.header(TABLE_DEPTH), DEPTH_MAX);
    assert.ok(!checked.insert(SEGMENT_SLOTS));
    assert.equal(checked.find(SEGMENT_SLOTS), 0);
    for (const [key, entry] of checked.model) assert.equal(checked.find(key), entry);
    checked.remove(17, true);
    assert.ok(checked.insert(SEGMENT_SLOTS));
    checked.check();
    removeAll(checked);
  });

  it('refuses an insert that finds no memory, and loses nothing by it', () => {
    for (const allocations of [0, 1]) {
      const checked = new Checked();
      let refused = 0;
      for (let key = 0; key < 6000; key++) {
        if (checked.insert(key, allocations)) continue;
        refused += 1;
        assert.equal(checked.find(key), 0);
        for (const [other, entry] of checked.model) assert.equal(checked.find(other), entry);
        assert.ok(checked.insert(key));
      }
      assert.ok(refused > 3, `refused ${refused} times: at the first entry, and to double the directory`);
      checked.check();
      // Removing needs no memory: a directory that can't be exchanged for a smaller one stays.
      checked.memory.allocationsLeft = 0;
      removeAll(checked);
    }
  });

  it('takes an entry out for a while, and back without any memory, though another one came and went', () => {
    for (const count of [1, 2, 600, 5000]) {
      const checked = new Checked();
      for (let key = 0; key < count; key++) assert.ok(checked.insert(key));
      const entry = checked.find(0);
      const hash = checked.hashKey(0);
      checked.table.liftFound();
      assert.equal(checked.find(0), 0);
      assert.equal(checked.header(TABLE_COUNT), count, 'it is counted still');
      assert.ok(checked.insert(count, 0));
      checked.remove(count, true);
      checked.memory.allocationsLeft = 0;
      checked.table.putLifted(SHARD, checked.at, hash, entry);
      checked.memory.allocationsLeft = Number.POSITIVE_INFINITY;
      assert.equal(checked.find(0), entry);
      assert.equal(checked.header(TABLE_COUNT), count);
      // Another time it does not come back.
      checked.table.liftFound();
      assert.ok(checked.insert(count));
      checked.table.forgetLifted(checked.at);
      assert.equal(checked.header(TABLE_COUNT), count);
      checked.memory.free(SHARD, entry);
      checked.model.delete(0);
      for (let key = 1; key <= count; key++) checked.remove(key, true);
      assert.equal(checked.memory.usedBytes(), 0);
    }
  });

  it('finds nothing in an empty table', () => {
    const checked = new Checked();
    assert.equal(checked.find(1), 0);
    assert.ok(!checked.table.removePointer(SHARD, checked.at, 1, 5));
    assert.equal(checked.table.scan(checked.at, 77, new Uint32Array(SEGMENT_SLOTS)), 0);
    assert.equal(checked.table.nextCursor, 0);
    assert.equal(checked.table.segmentAt(checked.at, 5), 0);
    assert.equal(checked.table.segmentEnd(checked.at, 5), PREFIX_COUNT);
    assert.equal(checked.table.random(checked.at, 0.5), 0);
  });

  it('frees a detached table segment by segment, while the table is filled anew', () => {
    const checked = new Checked();
    for (let key = 0; key < 5000; key++) assert.ok(checked.insert(key));
    const directory = checked.header(TABLE_DIRECTORY);
    const depth = checked.header(TABLE_DEPTH);
    const segmentCount = checked.header(TABLE_SEGMENTS);
    checked.table.detach(checked.at);
    checked.model.clear();
    for (const word of [TABLE_DIRECTORY, TABLE_DEPTH, TABLE_COUNT, TABLE_SEGMENTS]) {
      assert.equal(checked.header(word), 0);
    }
    let freedEntries = 0;
    let freedSegments = 0;
    for (let prefix = 0; prefix < PREFIX_COUNT; freedSegments++) {
      const segment = checked.table.segmentIn(directory, depth, prefix);
      for (let index = 0; index < SEGMENT_SLOTS; index++) {
        const entry = checked.table.slotPointer(segment, index);
        if (entry === 0) continue;
        checked.memory.free(SHARD, entry);
        freedEntries += 1;
      }
      prefix = checked.table.freeSegment(SHARD, directory, depth, prefix);
      assert.ok(checked.insert(freedSegments));
    }
    assert.equal(freedEntries, 5000);
    assert.equal(freedSegments, segmentCount);
    checked.check();
    removeAll(checked);
  });

  it('tells empty slots from the lowest tag', () => {
    const checked = new Checked(() => 0);
    for (let key = 0; key < BUCKET_SLOTS; key++) assert.ok(checked.insert(key));
    for (const key of [0, 1, 7]) checked.remove(key, false);
    const chosen = new Set<number>();
    for (let rank = 0; rank < checked.model.size; rank++) {
      chosen.add(checked.table.random(checked.at, (rank + 0.5) / checked.model.size / PREFIX_COUNT));
    }
    assert.deepEqual(chosen, new Set(checked.model.values()));
    removeAll(checked);
  });

  it('chooses entries evenly', () => {
    const checked = new Checked();
    for (const count of [1, 10, 3000]) {
      for (let key = 0; key < count; key++) if (!checked.model.has(key)) assert.ok(checked.insert(key));
      const times = new Map<number, number>();
      const draws = count * 200;
      for (let draw = 0; draw < draws; draw++) {
        const entry = checked.table.random(checked.at, (draw * 0.618_033_988_749_895) % 1);
        times.set(entry, (times.get(entry) ?? 0) + 1);
      }
      assert.deepEqual(new Set(times.keys()), new Set(checked.model.values()));
      for (const drawn of times.values())
        assert.ok(drawn > 100 && drawn < 400, `${drawn} times instead of 200`);
    }
    removeAll(checked);
    assert.ok(checked.insert(1));
    for (const random01 of [0, 0.5, 1 - 2 ** -53]) {
      assert.equal(checked.table.random(checked.at, random01), checked.model.get(1));
    }
  });
});

describe('HashTable.sample', () => {
  const out = new Uint32Array(BUCKET_SLOTS + 3);

  it('returns nothing from an empty table', () => {
    const checked = new Checked();
    assert.equal(checked.table.sample(checked.at, 12_345, out, 0), 0);
  });

  it('returns every entry equally often, in small tables and where only some segments have split', () => {
    const random = new Xorshift(5);
    for (const count of [1, 40, 900, 3000]) {
      const checked = new Checked();
      for (let key = 0; key < count; key++) assert.ok(checked.insert(key));
      const times = new Map<number, number>();
      const buckets = (checked.header(TABLE_SEGMENTS) * SEGMENT_SLOTS) / BUCKET_SLOTS;
      for (let draw = 0; draw < buckets * 400; draw++) {
        const size = checked.table.sample(checked.at, random.next(), out, 3);
        for (let index = 0; index < size; index++) {
          times.set(out[3 + index]!, (times.get(out[3 + index]!) ?? 0) + 1);
        }
      }
      assert.deepEqual(new Set(times.keys()), new Set(checked.model.values()));
      for (const drawn of times.values())
        assert.ok(drawn > 290 && drawn < 510, `${drawn} times instead of 400`);
      removeAll(checked);
    }
  });
});

describe('HashTable.scan', () => {
  const out = new Uint32Array(SEGMENT_SLOTS);

  it('returns every entry once when nothing changes', () => {
    for (const [name, hash] of Object.entries(HASHES)) {
      const checked = new Checked(hash);
      for (let key = 0; key < 3000; key++) assert.ok(checked.insert(key));
      const seen: number[] = [];
      let cursor = 0;
      do {
        const count = checked.table.scan(checked.at, cursor, out);
        for (let index = 0; index < count; index++) seen.push(out[index]!);
        cursor = checked.table.nextCursor;
      } while (cursor !== 0);
      assert.deepEqual(seen.sort(), [...checked.model.values()].sort(), name);
    }
  });

  it('returns what is there all the time at least once, and only what is there, whatever else changes', () => {
    const turn = fc.record({
      seed: fc.integer(),
      scans: fc.integer({ min: 1, max: 60 }),
      changes: fc.integer({ min: 0, max: 2500 }),
      growth: fc.constantFrom(0, 1, 5, 9, 10),
    });
    const turns = fc.noBias(fc.array(turn, { minLength: 1, maxLength: 8, size: 'max' }));
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(HASHES), hashDeepest),
        turns,
        fc.integer(),
        (hash, turns, seed) => {
          const checked = new Checked(hash);
          const volatileKeys = 4000;
          const stable = new Set<number>();
          for (let key = volatileKeys; key < volatileKeys + 300; key++) {
            assert.ok(checked.insert(key));
            stable.add(checked.model.get(key)!);
          }
          change(checked, new SeededRandom(seed), 3000, 5, volatileKeys);
          const seen = new Set<number>();
          let cursor = 0;
          let scans = 0;
          do {
            const { seed, scans: pause, changes, growth } = turns[scans % turns.length]!;
            for (let step = 0; step < pause; step++) {
              const live = new Set(checked.model.values());
              const count = checked.table.scan(checked.at, cursor, out);
              for (let index = 0; index < count; index++) {
                assert.ok(live.has(out[index]!), 'a live entry');
                seen.add(out[index]!);
              }
              cursor = checked.table.nextCursor;
              if (cursor === 0) break;
            }
            if (scans++ < 20) change(checked, new SeededRandom(seed), changes, growth, volatileKeys);
          } while (cursor !== 0);
          for (const entry of stable) assert.ok(seen.has(entry), 'seen');
        },
      ),
      { numRuns: 25 },
    );
  });

  it('takes any integer as a cursor', () => {
    const checked = new Checked();
    for (let key = 0; key < 2000; key++) assert.ok(checked.insert(key));
    fc.assert(
      fc.property(fc.maxSafeInteger(), (cursor) => {
        const count = checked.table.scan(checked.at, cursor, out);
        assert.ok(count <= SEGMENT_SLOTS);
        assert.ok(checked.table.nextCursor >= 0 && checked.table.nextCursor < 2 ** 26);
      }),
    );
  });
});
