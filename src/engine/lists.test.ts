import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { TYPE_LIST } from '../structures/entry.js';
import { PackedCursor } from '../structures/packed-list.js';
import { Applier } from './apply.js';
import { TestEngine } from './engine.case.js';
import * as errors from './errors.js';
import { freeGarbage } from './garbage.js';
import { LargeList } from './large-list.js';
import { CHUNK_CAPACITY } from './list-chunks.js';
import type { Lists } from './lists.js';
import { ENGINE_EPOCH, ENGINE_SNAPSHOT, ENGINE_SNAPSHOT_LOST } from './shard-words.js';

const REFUSAL = `-${errors.OUT_OF_MEMORY}\r\n`;

function makeEngine(logs = false): TestEngine {
  return new TestEngine({ shardCount: 1, databaseCount: 1, logs });
}

function listsOf(engine: TestEngine): Lists {
  return engine.executor.call.collections.lists;
}

function findEntry(engine: TestEngine, key: string): number {
  const bytes = Buffer.from(key);
  const data = viewOf(bytes);
  return engine.keyspace.findStored(0, 0, hashBytes(data, 0, bytes.length), data, 0, bytes.length);
}

/** All elements, read forwards; backwards they must be the same. The form of a large list is checked on the way. */
function elementsOf(engine: TestEngine, key: string): string[] {
  const entry = findEntry(engine, key);
  if (entry === 0) return [];
  assert.equal(engine.entries.type(entry), TYPE_LIST);
  const { cursor } = listsOf(engine);
  if (engine.entries.isLarge(entry)) checkLarge(engine, entry);
  const texts: string[] = [];
  const scratch = new Uint8Array(1 << 20);
  const take = () => {
    const end = cursor.element.copyText(scratch, 0);
    return Buffer.from(scratch.subarray(0, end)).toString('latin1');
  };
  cursor.seekEnd(0, 0, entry, true);
  do texts.push(take());
  while (cursor.next());
  const backwards: string[] = [];
  cursor.seekEnd(0, 0, entry, false);
  do backwards.push(take());
  while (cursor.previous());
  assert.deepEqual(backwards.reverse(), texts);
  assert.equal(listsOf(engine).count(entry), texts.length);
  return texts;
}

function checkLarge(engine: TestEngine, entry: number): void {
  const large = new LargeList(engine.keyspace);
  large.open(0, 0, engine.entries.root(entry));
  const { chunks, tree } = large;
  let count = 0;
  let label = Number.NEGATIVE_INFINITY;
  let last = 0;
  assert.equal(tree.seekFirst(large.words, large.treeAt), large.first());
  for (let chunk = large.first(); chunk !== 0; ) {
    last = chunk;
    assert.ok(chunks.count(chunk) > 0, 'no chunk is empty');
    assert.ok(chunks.start(chunk) >= chunks.roomStart(chunk));
    assert.ok(chunks.end(chunk) <= chunks.roomEnd(chunk));
    assert.ok(chunks.label(chunk) > label, 'labels grow');
    assert.ok(chunks.used(chunk) <= CHUNK_CAPACITY || chunks.count(chunk) === 1, 'no chunk is too large');
    label = chunks.label(chunk);
    assert.equal(tree.score, label);
    if (chunk !== large.first() && chunk !== large.last()) {
      assert.equal(chunks.weight(chunk), chunks.count(chunk));
    }
    count += chunks.count(chunk);
    chunk = tree.seekScore(large.words, large.treeAt, label, true);
  }
  assert.equal(last, large.last());
  assert.equal(count, large.count());
  large.settle();
  assert.equal(tree.count(large.words, large.treeAt), count);
}

/** Values of texts and integers, short and long, some larger than a chunk. */
const element = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', '1', '-5', '70000', 'x'.repeat(30)) },
  { weight: 2, arbitrary: fc.string({ maxLength: 40, unit: 'binary-ascii' }) },
  { weight: 2, arbitrary: fc.maxSafeInteger().map(String) },
  { weight: 2, arbitrary: fc.integer({ min: 100, max: 3000 }).map((size) => 'm'.repeat(size)) },
  { weight: 1, arbitrary: fc.integer({ min: 4000, max: 20_000 }).map((size) => 'L'.repeat(size)) },
);
const end = fc.constantFrom('L', 'R');
const index = fc.integer({ min: -200, max: 200 });

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(end, fc.array(element, { minLength: 1, maxLength: 60 }))
      .map(([at, all]) => [`${at}PUSH`, 'k', ...all]),
  },
  { weight: 2, arbitrary: fc.tuple(end, fc.nat(30)).map(([at, count]) => [`${at}POP`, 'k', String(count)]) },
  { weight: 2, arbitrary: end.map((at) => [`${at}POP`, 'k']) },
  { weight: 4, arbitrary: fc.tuple(index, element).map(([at, one]) => ['LSET', 'k', String(at), one]) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('BEFORE', 'AFTER'), fc.nat(200), element)
      .map(([at, pivot, one]) => ['LINSERT', 'k', at, `#${pivot}`, one]),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: -4, max: 4 }), fc.constantFrom('a', '1', '-5', 'x'.repeat(30)))
      .map(([count, one]) => ['LREM', 'k', String(count), one]),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(index, index).map(([from, to]) => ['LTRIM', 'k', String(from), String(to)]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(end, end)
      .map(([from, to]) => [
        'LMOVE',
        'k',
        'k',
        from === 'L' ? 'LEFT' : 'RIGHT',
        to === 'L' ? 'LEFT' : 'RIGHT',
      ]),
  },
);

/** What Redis does, in few lines. Returns how many elements there are afterwards. */
function apply(model: string[], words: string[]): void {
  const [name, , first = '', second = ''] = words;
  const total = model.length;
  const at = (text: string) => (Number(text) < 0 ? total + Number(text) : Number(text));
  switch (name) {
    case 'LPUSH':
      model.unshift(...words.slice(2).reverse());
      break;
    case 'RPUSH':
      model.push(...words.slice(2));
      break;
    case 'LPOP':
      model.splice(0, words.length > 2 ? Number(first) : 1);
      break;
    case 'RPOP':
      model.splice(Math.max(0, total - (words.length > 2 ? Number(first) : 1)));
      break;
    case 'LSET':
      if (at(first) >= 0 && at(first) < total) model[at(first)] = second;
      break;
    case 'LINSERT': {
      const pivot = model.indexOf(second);
      if (pivot >= 0) model.splice(first === 'AFTER' ? pivot + 1 : pivot, 0, words[4]!);
      break;
    }
    case 'LREM': {
      const matches = model.flatMap((text, place) => (text === second ? [place] : []));
      const count = Number(first);
      const gone = new Set(
        count === 0 ? matches : count > 0 ? matches.slice(0, count) : matches.slice(count),
      );
      model.splice(0, total, ...model.filter((_, place) => !gone.has(place)));
      break;
    }
    case 'LTRIM':
      model.splice(0, total, ...model.slice(Math.max(0, at(first)), Math.max(0, at(second) + 1)));
      break;
    case 'LMOVE': {
      if (total === 0) break;
      const moved = second === 'LEFT' ? model.shift()! : model.pop()!;
      if (words[4] === 'LEFT') model.unshift(moved);
      else model.push(moved);
      break;
    }
  }
}

/** A pivot is a place in the list: that it is found there, it must be the first of its kind. */
function withPivot(model: string[], words: string[]): string[] {
  if (words[0] !== 'LINSERT') return words;
  const pivot = model[Number(words[3]!.slice(1)) % Math.max(1, model.length)] ?? 'none';
  return [words[0], words[1]!, words[2]!, pivot, words[4]!];
}

function flipEpoch(engine: TestEngine): void {
  const at = engine.memory.engineAt(0);
  engine.memory.shardU32[at + ENGINE_EPOCH]! ^= 1;
  engine.memory.shardU32[at + ENGINE_SNAPSHOT] = 1;
}

/** As a snapshot does with what was handed over, until there is nothing more. */
function endSnapshot(engine: TestEngine): void {
  const { parts } = engine.keyspace;
  let isDone = false;
  while (!isDone) {
    isDone = !freeGarbage(engine.keyspace, 0);
    for (let part = parts.takeHandedOver(0); part !== 0; part = parts.takeHandedOver(0)) {
      parts.doneWith(0, parts.handedRoot, part);
    }
  }
  engine.memory.shardU32[engine.memory.engineAt(0) + ENGINE_SNAPSHOT] = 0;
}

describe('lists', () => {
  it('are what a plain array would be, and come back from the log', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const engine = makeEngine(true);
        const copy = makeEngine();
        copy.keyspace.now = 0;
        const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
        const model: string[] = [];
        for (const raw of commands) {
          const words = withPivot(model, raw);
          engine.run(...words);
          apply(model, words);
          assert.deepEqual(elementsOf(engine, 'k'), model, words.join(' ').slice(0, 200));
          engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
        }
        assert.deepEqual(elementsOf(copy, 'k'), model);
        for (const each of [engine, copy]) {
          each.now = 1e12;
          each.run('DEL', 'k');
          each.drainLog({ record: () => {} });
          each.assertEmpty();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('hand over to a snapshot what it still needs, whatever changes meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 20 }),
        fc.array(command, { minLength: 1, maxLength: 20 }),
        (before, during) => {
          const engine = makeEngine();
          const model: string[] = [];
          const run = (raw: string[]) => {
            const words = withPivot(model, raw);
            engine.run(...words);
            apply(model, words);
          };
          run(['RPUSH', 'k', ...Array.from({ length: 900 }, (_, number) => `element ${number}`)]);
          for (const words of before) run(words);
          const entry = findEntry(engine, 'k');
          if (entry === 0 || !engine.entries.isLarge(entry)) return;
          const root = engine.entries.root(entry);
          const expected = [...model];
          flipEpoch(engine);
          for (const words of during) run(words);
          assert.deepEqual(elementsOf(engine, 'k'), model);
          if (engine.memory.shardU32[engine.memory.engineAt(0) + ENGINE_SNAPSHOT_LOST] === 0) {
            assert.deepEqual(snapshotOf(engine, root), expected);
          }
          engine.run('DEL', 'k');
          endSnapshot(engine);
          engine.assertEmpty();
        },
      ),
      { numRuns: 150 },
    );
  });

  it('come back from their pieces in any order', () => {
    const words = Array.from({ length: 3000 }, (_, number) =>
      number % 3 === 0 ? String(number) : `element ${number}`,
    );
    const pieces = Array.from({ length: 30 }, (_, number) => number);
    fc.assert(
      fc.property(fc.shuffledSubarray(pieces, { minLength: pieces.length }), (order) => {
        const engine = makeEngine();
        for (const number of order) {
          const items = words.slice(number * 100, number * 100 + 100).map(item);
          const data = viewOf(Buffer.concat([Buffer.from('k'), ...items]));
          const entry = findEntry(engine, 'k');
          const hash = hashBytes(data, 0, 1);
          const lists = listsOf(engine);
          assert.ok(lists.loadPiece(0, 0, hash, data, 0, 1, entry, number / 7, data, 1, data.byteLength - 1));
        }
        assert.deepEqual(elementsOf(engine, 'k'), words);
        engine.run('LPUSH', 'k', 'first');
        engine.run('RPUSH', 'k', 'last');
        assert.deepEqual(elementsOf(engine, 'k'), ['first', ...words, 'last']);
        engine.run('DEL', 'k');
        engine.assertEmpty();
      }),
      { numRuns: 20 },
    );
  });

  it('number their chunks anew when there is no label between two, and have a snapshot try again', () => {
    const engine = makeEngine();
    const model = Array.from({ length: 600 }, (_, number) => `element ${number} ${'-'.repeat(20)}`);
    engine.run('RPUSH', 'k', ...model);
    const lost = engine.memory.engineAt(0) + ENGINE_SNAPSHOT_LOST;
    flipEpoch(engine);
    let count = 0;
    // Each splits the chunk of its pivot, close behind the one before.
    while (engine.memory.shardU32[lost] === 0) {
      const inserted = `${count}`.repeat(1000).slice(0, 2000);
      model.splice(300, 0, inserted);
      engine.run('LINSERT', 'k', 'BEFORE', model[301]!, inserted);
      count += 1;
      assert.ok(count < 2000);
    }
    assert.ok(count > 52, 'a double halves that often');
    assert.deepEqual(elementsOf(engine, 'k'), model);
  });

  it('change nothing when memory is exhausted', () => {
    const long = 'x'.repeat(3000);
    for (const [title, setUp, words] of [
      ['a new list', [], ['RPUSH', 'k', 'a', 'b']],
      ['a new large list', [], ['LPUSH', 'k', ...Array<string>(20).fill(long)]],
      ['a list that grows', [['RPUSH', 'k', 'a']], ['RPUSH', 'k', 'a'.repeat(500)]],
      ['a list that becomes large', [['RPUSH', 'k', 'a']], ['LPUSH', 'k', ...Array<string>(10).fill(long)]],
      [
        'a large list',
        [['RPUSH', 'k', ...Array<string>(9).fill(long)]],
        ['LPUSH', 'k', ...Array<string>(9).fill(long)],
      ],
      [
        'LSET with a longer value',
        [['RPUSH', 'k', ...Array<string>(9).fill(long)]],
        ['LSET', 'k', '5', long.repeat(4)],
      ],
      ['LSET that enlarges', [['RPUSH', 'k', 'a', 'b', 'c']], ['LSET', 'k', '1', long.repeat(4)]],
      [
        'LINSERT',
        [['RPUSH', 'k', 'a', long, long, 'p', long, long]],
        ['LINSERT', 'k', 'AFTER', 'p', long.repeat(2)],
      ],
      [
        'LMOVE',
        [
          ['RPUSH', 'k', 'a', long],
          ['RPUSH', 'to', long],
        ],
        ['LMOVE', 'k', 'to', 'RIGHT', 'LEFT'],
      ],
    ] as const) {
      const engine = makeEngine(true);
      for (const line of setUp) engine.run(...line);
      const before = elementsOf(engine, 'k');
      for (let allowed = 0; ; allowed++) {
        assert.ok(allowed < 40, title);
        const tail = engine.log.tail();
        let left = allowed;
        engine.memory.fails = () => left-- <= 0;
        const reply = engine.run(...words);
        engine.memory.fails = () => false;
        if (reply !== REFUSAL) {
          assert.doesNotMatch(reply, /^-/, title);
          break;
        }
        assert.deepEqual(elementsOf(engine, 'k'), before, title);
        assert.ok(!engine.log.failed(), title);
        assert.equal(engine.log.tail(), tail, `${title}: nothing is logged`);
      }
      engine.run('DEL', 'k', 'to');
      engine.drainLog({ record: () => {} });
      engine.assertEmpty();
    }
  });

  it('become small again when a long queue has been worked off', () => {
    const engine = makeEngine();
    for (let number = 0; number < 100; number++)
      engine.run('RPUSH', 'k', ...Array<string>(100).fill('some work'));
    engine.run('LPOP', 'k', '9995');
    for (let number = 0; number < 1000; number++) {
      engine.run('RPUSH', 'k', 'more');
      engine.run('LPOP', 'k');
    }
    assert.equal(elementsOf(engine, 'k').length, 5);
    assert.ok(engine.memory.usableBytes(chunkOf(engine)) <= 1024);
  });

  it('take no more memory than their elements, and 1 %', () => {
    const engine = makeEngine();
    engine.run('RPUSH', 'k', 'x');
    const before = engine.memory.usedBytes();
    for (let number = 0; number < 100; number++) {
      engine.run('RPUSH', 'k', ...Array<string>(1000).fill('14 bytes each.'));
    }
    const bytes = (engine.memory.usedBytes() - before) / 100_000;
    assert.ok(bytes < 16.2, `${bytes} bytes an element`);
  });
});

function item(text: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  return Buffer.concat([size, Buffer.from(text)]);
}

function chunkOf(engine: TestEngine): number {
  const large = new LargeList(engine.keyspace);
  large.open(0, 0, engine.entries.root(findEntry(engine, 'k')));
  return large.first();
}

/** What a snapshot writes of the collection with this root: old parts that are still in it, and those handed over, by label. */
function snapshotOf(engine: TestEngine, root: number): string[] {
  const { parts, memory, entries } = engine.keyspace;
  const large = new LargeList(engine.keyspace);
  const epoch = memory.shardU32[memory.engineAt(0) + ENGINE_EPOCH]!;
  while (freeGarbage(engine.keyspace, 0)) {
    // What was dropped is handed over.
  }
  const pieces: { label: number; texts: string[] }[] = [];
  const add = (chunk: number) => {
    pieces.push({ label: large.chunks.label(chunk), texts: textsOf(engine, large, chunk) });
  };
  if (!parts.isDropped(root)) {
    large.open(0, 0, root);
    for (
      let chunk = large.tree.seekFirst(large.words, large.treeAt);
      chunk !== 0;
      chunk = large.tree.next()
    ) {
      if (entries.epoch(chunk) !== epoch) add(chunk);
    }
  }
  for (let part = parts.takeHandedOver(0); part !== 0; part = parts.takeHandedOver(0)) {
    add(part);
    parts.doneWith(0, parts.handedRoot, part);
  }
  return pieces.sort((left, right) => left.label - right.label).flatMap((piece) => piece.texts);
}

function textsOf(engine: TestEngine, large: LargeList, chunk: number): string[] {
  const cursor = new PackedCursor();
  const texts: string[] = [];
  const scratch = new Uint8Array(1 << 20);
  for (let at = large.chunks.start(chunk); at < large.chunks.end(chunk); at = cursor.end) {
    cursor.read(engine.entries.data(chunk), at);
    texts.push(Buffer.from(scratch.subarray(0, cursor.copyText(scratch, 0))).toString('latin1'));
  }
  return texts;
}
