import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Applier } from '../engine/apply.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_TEXT } from '../engine/reply.js';
import { OP_DELETE, OP_SET, OP_SETRANGE, type RecordFields } from '../engine/wal/record.js';
import { SHARD_F64_DIRTY, SHARD_F64_HITS, SHARD_F64_MISSES } from '../memory/layout.js';

const DENSE_BYTES = 12304;
const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}\r\n`;
const CORRUPT = `-${errors.CORRUPT_HYPERLOGLOG}`;
const NOT_A_HYPERLOGLOG = `-${errors.NOT_A_HYPERLOGLOG}`;
const NEITHER_0_NOR_1 = /^:[^01]/;
/** More allocations than any command makes. */
const ALLOCATIONS_MAX = 50;

function elements(count: number, prefix = 'element'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}:${index}`);
}

/** Adds them a thousand at a time. */
function addAll(engine: TestEngine, key: string, all: readonly string[]): void {
  for (let from = 0; from < all.length; from += 1000) {
    assert.match(engine.run('PFADD', key, ...all.slice(from, from + 1000)), /^:[01]\r\n$/);
  }
}

function bytesOf(engine: TestEngine, key: string): Buffer {
  const reply = engine.run('GET', key);
  return Buffer.from(reply.slice(reply.indexOf('\n') + 1, -2), 'latin1');
}

/** A short value in hexadecimal, a long one as size and checksum. */
function shown(engine: TestEngine, key: string): string {
  const value = bytesOf(engine, key);
  return value.length <= 64 ? value.toString('hex') : `${value.length} bytes, CRC ${crc32(value)}`;
}

function header(encoding: number): Buffer {
  return Buffer.from([0x48, 0x59, 0x4c, 0x4c, encoding, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]);
}

describe('PFADD, PFCOUNT and PFMERGE', () => {
  it('give the bytes and the numbers of redis-server 7.0.15', () => {
    const engine = new TestEngine();
    engine.say('PFADD empty');
    assert.equal(shown(engine, 'empty'), '48594c4c0100000000000000000000807fff');
    engine.say('PFADD abc a b c');
    assert.equal(shown(engine, 'abc'), '48594c4c01000000000000000000008060f38050b1844bfb80425a');
    const vectors: readonly [count: number, value: string, cardinality: number][] = [
      [100, '285 bytes, CRC 430553865', 99],
      [1000, '1897 bytes, CRC 3603847296', 997],
      [2000, '12304 bytes, CRC 1062680918', 2004],
      [5000, '12304 bytes, CRC 3268139897', 5005],
      [100_000, '12304 bytes, CRC 1332303552', 100_039],
    ];
    for (const [count, value, cardinality] of vectors) {
      addAll(engine, `n${count}`, elements(count));
      assert.equal(shown(engine, `n${count}`), value);
      assert.equal(engine.say(`PFCOUNT n${count}`), `:${cardinality}`);
    }
    assert.equal(engine.say('PFCOUNT n100 n5000 abc'), ':5009');
    engine.say('PFADD n10 element:0 element:1 element:2 element:3 element:4');
    engine.say('PFADD n10 element:5 element:6 element:7 element:8 element:9');
    assert.equal(engine.say('PFMERGE sparse n10 n100 abc'), '+OK');
    assert.equal(shown(engine, 'sparse'), '292 bytes, CRC 3558025112');
    assert.equal(engine.say('PFMERGE dense n5000 abc'), '+OK');
    assert.equal(shown(engine, 'dense'), '12304 bytes, CRC 1742108821');
    assert.equal(engine.say('PFCOUNT dense'), ':5009');
  });

  it('say whether anything has changed', () => {
    new TestEngine().talk([
      ['PFADD k', ':1'],
      ['PFADD k', ':0'],
      ['PFADD k a b', ':1'],
      ['PFADD k b a b', ':0'],
      ['PFADD k b c', ':1'],
      ['PFCOUNT k', ':3'],
      ['PFCOUNT missing', ':0'],
      ['PFCOUNT missing k k', ':3'],
      ['PFMERGE k', '+OK'],
      ['PFMERGE new', '+OK'],
      ['PFCOUNT new', ':0'],
      ['TYPE new', '+string'],
      ['PFDEBUG TODENSE k', ':1'],
      ['PFDEBUG TODENSE k', ':0'],
      ['PFADD k a b c', ':0'],
      ['PFADD k a d', ':1'],
      ['PFADD k e e f f', ':1'],
      ['PFCOUNT k', ':6'],
      ['PFCOUNT k new', ':6'],
    ]);
  });

  it('know a HyperLogLog by its header, and a corrupt one by its registers', () => {
    const engine = new TestEngine();
    engine.say('PFADD good a b c');
    for (const value of ['', 'text', 'HYLL', header(0), header(2), Buffer.alloc(DENSE_BYTES)]) {
      engine.run('SET', 'bad', value);
      for (const line of [
        'PFADD bad a',
        'PFCOUNT bad',
        'PFCOUNT good bad',
        'PFMERGE bad good',
        'PFMERGE new bad',
      ])
        assert.equal(engine.say(line), NOT_A_HYPERLOGLOG, line);
      assert.equal(engine.say('PFDEBUG ENCODING bad'), NOT_A_HYPERLOGLOG);
      assert.deepEqual(bytesOf(engine, 'bad'), Buffer.from(value));
    }
    for (const opcodes of [[], [0x7f, 0xfe], [0x7f, 0xff, 0x80], [0x7f]]) {
      engine.run('SET', 'bad', Buffer.concat([header(1), Buffer.from(opcodes)]));
      for (const line of [
        'PFCOUNT bad',
        'PFCOUNT good bad',
        'PFMERGE bad',
        'PFMERGE new bad',
        'PFDEBUG GETREG bad',
      ])
        assert.equal(engine.say(line), CORRUPT, line);
    }
    assert.equal(engine.say('EXISTS new'), ':0');
    assert.equal(engine.run('PFADD', 'bad', ...elements(100)), `${CORRUPT}\r\n`);
  });

  it('keep what came before an element that finds the value corrupt', () => {
    const engine = new TestEngine();
    engine.run('SET', 'k', Buffer.concat([header(1), Buffer.from([0x6f, 0xff])])); // the first 12288 registers
    assert.equal(engine.say('PFADD k abc a ab'), CORRUPT, 'registers 9474, 12711 and 719');
    assert.equal(engine.say('PFDEBUG DECODE k'), '$19 Z:9474 v:1,1 Z:2813');
    assert.equal(engine.say('PFADD k abc'), ':0');
  });

  it('take no more opcodes than there can be', () => {
    const engine = new TestEngine();
    for (const [size, added] of [
      [32768, ':1'],
      [32769, CORRUPT],
      [5_000_000, CORRUPT],
    ] as const) {
      engine.config.apply([['hll-sparse-max-bytes', '100000']]);
      engine.run('SET', 'k', Buffer.concat([header(1), Buffer.alloc(size, 0x3f)]));
      assert.equal(engine.say('PFADD k a'), added);
      assert.equal(engine.say('PFCOUNT k'), CORRUPT);
      assert.equal(engine.say('PFMERGE k'), CORRUPT);
      if (size > 32768) assert.equal(engine.say('PFDEBUG DECODE k'), CORRUPT);
    }
  });

  it('never fail on random bytes behind a header', () => {
    const engine = new TestEngine();
    const words = fc.constantFrom(
      ['PFADD', 'k', ...elements(30)],
      ['PFADD', 'k', 'one'],
      ['PFCOUNT', 'k'],
      ['PFCOUNT', 'k', 'other'],
      ['PFMERGE', 'k', 'other'],
      ['PFMERGE', 'other', 'k'],
      ['PFDEBUG', 'DECODE', 'k'],
      ['PFDEBUG', 'TODENSE', 'k'],
    );
    const value = fc
      .tuple(fc.nat(2), fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 20_000 })))
      .map(([encoding, bytes]) => Buffer.concat([header(encoding), bytes]));
    fc.assert(
      fc.property(value, fc.array(words, { minLength: 1, maxLength: 4 }), (bytes, commands) => {
        engine.run('PFADD', 'other', ...elements(100, 'other'));
        engine.run('SET', 'k', bytes);
        for (const command of commands)
          assert.match(engine.run(...command), /^(?:[:+$]|-WRONGTYPE|-INVALIDOBJ|-ERR HLL)/);
        assert.doesNotMatch(engine.run('PFCOUNT', 'other'), /^-/);
        engine.say('DEL k other');
      }),
    );
    engine.assertEmpty();
  });

  it('merge to the estimate of all elements together', () => {
    const engine = new TestEngine();
    const all = elements(6000);
    addAll(engine, 'whole', all);
    for (const parts of [2, 3, 7]) {
      const names = Array.from({ length: parts }, (_, part) => `part:${part}`);
      for (const [part, name] of names.entries()) {
        engine.say(`DEL ${name} merged`);
        addAll(
          engine,
          name,
          all.filter((_, index) => index % parts === part || index % 100 === 0),
        );
      }
      assert.equal(engine.run('PFCOUNT', ...names), engine.say('PFCOUNT whole').concat('\r\n'));
      engine.run('PFMERGE', 'merged', ...names);
      engine.say('PFCOUNT merged');
      assert.deepEqual(bytesOf(engine, 'merged'), bytesOf(engine, 'whole'));
    }
  });

  it('leave deadlines, and the count of hits and misses, as Redis does', () => {
    const engine = new TestEngine({ shardCount: 1 });
    const count = (word: number) => engine.memory.shardF64[engine.memory.doubleAt(0, word)] ?? 0;
    const counted = (line: string): [hits: number, misses: number] => {
      const before = [count(SHARD_F64_HITS), count(SHARD_F64_MISSES)] as const;
      engine.say(line);
      return [count(SHARD_F64_HITS) - before[0], count(SHARD_F64_MISSES) - before[1]];
    };
    assert.deepEqual(counted('PFADD k a'), [0, 0]);
    engine.say('PEXPIRE k 5000');
    assert.deepEqual(counted('PFADD k b c d'), [0, 0]);
    assert.deepEqual(counted('PFCOUNT k'), [1, 0]);
    assert.deepEqual(counted('PFCOUNT k missing'), [1, 1]);
    assert.deepEqual(counted('PFMERGE k missing k'), [2, 1]);
    engine.say('PFDEBUG TODENSE k');
    engine.say('PFADD k e f g h');
    assert.equal(engine.say('PTTL k'), ':5000');
    engine.now += 5000;
    assert.equal(engine.say('PFCOUNT k'), ':0');
    engine.say('PFADD k a');
    assert.equal(engine.say('PFCOUNT k'), ':1');
    assert.equal(engine.say('PTTL k'), ':-1');
  });

  it('cache the cardinality until something changes', () => {
    const engine = new TestEngine({ shardCount: 1 });
    const dirty = () => engine.memory.shardF64[engine.memory.doubleAt(0, SHARD_F64_DIRTY)];
    for (const kind of ['sparse', 'dense']) {
      engine.say('PFADD k a b c');
      if (kind === 'dense') engine.say('PFDEBUG TODENSE k');
      assert.equal(bytesOf(engine, 'k')[15], 0x80);
      const before = dirty();
      assert.equal(engine.say('PFCOUNT k'), ':3');
      assert.equal(dirty(), (before ?? 0) + 1, 'the cache is a change');
      assert.equal(bytesOf(engine, 'k').toString('hex', 8, 16), '0300000000000000');
      assert.equal(engine.say('PFADD k a'), ':0');
      assert.equal(engine.say('PFCOUNT k'), ':3');
      assert.equal(dirty(), (before ?? 0) + 1);
      engine.say('SETRANGE k 8 hello');
      assert.match(engine.say('PFCOUNT k'), NEITHER_0_NOR_1, 'what is cached is believed');
      assert.equal(engine.say('PFADD k x'), ':1');
      assert.equal(engine.say('PFCOUNT k'), ':4');
      engine.say('DEL k');
    }
  });

  it('reply in the text protocol, too', () => {
    new TestEngine({ protocol: PROTOCOL_TEXT }).talk([
      ['PFADD k a b c', '1'],
      ['PFCOUNT k', '3'],
      ['PFMERGE m k', 'OK'],
      ['PFDEBUG DECODE m', 'Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603'],
    ]);
  });
});

describe('hll-sparse-max-bytes', () => {
  it('is the size at which a value becomes dense', () => {
    for (const limit of [0, 18, 21, 100, 2999, 3000, 8000]) {
      const engine = new TestEngine();
      engine.config.apply([['hll-sparse-max-bytes', String(limit)]]);
      engine.say('PFADD k');
      let largest = 0;
      for (const element of elements(7000)) {
        engine.say(`PFADD k ${element}`);
        const size = bytesOf(engine, 'k').length;
        if (size === DENSE_BYTES && engine.say('PFDEBUG ENCODING k') === '+dense') break;
        largest = Math.max(largest, size);
      }
      assert.ok(largest <= Math.max(limit, 18), `${largest} bytes with ${limit}`);
      assert.ok(largest === 0 || largest > limit - 4, `${largest} bytes with ${limit}`);
      engine.say('DEL k');
      engine.assertEmpty();
    }
  });
});

describe('PFDEBUG and PFSELFTEST', () => {
  it('look into a value', () => {
    const engine = new TestEngine();
    engine.talk([
      ['PFADD k a b c', ':1'],
      ['PFDEBUG ENCODING k', '+sparse'],
      ['PFDEBUG NOSUCH k', "-ERR Unknown PFDEBUG subcommand 'NOSUCH'"],
      ['PFDEBUG GETREG missing', '-ERR The specified key does not exist'],
      ['PFDEBUG NOSUCH missing', '-ERR The specified key does not exist'],
      ['PFDEBUG GETREG', "-ERR wrong number of arguments for 'pfdebug' command"],
    ]);
    const registers = engine.say('PFDEBUG GETREG k').split(' ');
    assert.equal(registers.length, 16385);
    assert.equal(registers[0], '*16384');
    assert.equal(registers[1 + 12711], ':2', 'a');
    assert.equal(registers[1 + 9474], ':0', 'abc');
    engine.talk([
      ['PFDEBUG ENCODING k', '+dense'],
      ['PFDEBUG DECODE k', '-ERR HLL encoding is not sparse'],
      ['PFCOUNT k', ':3'],
    ]);
  });

  it('test themselves', () => {
    assert.equal(new TestEngine().say('PFSELFTEST'), '+OK');
  });
});

/** `op: bytes at offset` of each record. */
function recordsOf(engine: TestEngine): string {
  const records: string[] = [];
  engine.drainLog({
    record: (fields: RecordFields) => {
      if (fields.op === OP_SETRANGE) records.push(`${fields.valueBytes} at ${fields.rangeOffset}`);
      else records.push(fields.op === OP_SET ? `set ${fields.valueBytes}` : `op ${fields.op}`);
    },
  });
  return records.join(', ');
}

describe('What HyperLogLogs log', () => {
  it('is the bytes that change', () => {
    const engine = new TestEngine({ logs: true });
    for (const [line, expected] of [
      ['PFADD k', 'set 18'],
      ['PFADD k', ''],
      ['PFADD k a b', 'set 24'],
      ['PFADD k a b', ''],
      ['PFCOUNT k', '8 at 8'],
      ['PFCOUNT k', ''],
      ['PFMERGE k', '1 at 15'],
      ['PFMERGE k', ''],
      ['PFDEBUG TODENSE k', 'set 12304'],
      ['PFADD k c', '1 at 6343'],
      ['PFCOUNT k', '8 at 8'],
      ['PFADD k d e', '1 at 5485, 2 at 11383, 1 at 15'],
      ['PFADD k d e', ''],
      ['PFCOUNT k k', ''],
      ['PFMERGE k k', ''],
    ] as const) {
      engine.say(line);
      assert.equal(recordsOf(engine), expected, line);
    }
    addAll(engine, 'k', elements(500));
    assert.match(recordsOf(engine), /^\d{5} at \d+$/, 'many registers: one piece');
  });

  it('brings the same values back', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc
        .tuple(key, fc.nat(5000), fc.constantFrom(0, 1, 2, 20, 300))
        .map(([k, from, count]) => [
          'PFADD',
          k,
          ...Array.from({ length: count }, (_, index) => `e${from + index}`),
        ]),
      fc.tuple(fc.constant('PFCOUNT'), key),
      fc.tuple(fc.constant('PFMERGE'), key, key, key),
      fc.tuple(fc.constant('PFDEBUG'), fc.constant('TODENSE'), key),
      fc.tuple(fc.constant('PEXPIRE'), key, fc.constant('5')),
      fc.constant(['SLEEP']),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const engine = new TestEngine({ logs: true });
        const copy = new TestEngine();
        copy.keyspace.now = 0;
        const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
        for (const words of steps) {
          if (words[0] === 'SLEEP') engine.now += 5;
          else engine.run(...words);
        }
        engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
        assert.deepEqual(copy.contents(), engine.contents());
        engine.say('DEL a b c');
        engine.drainLog({ record: () => {} });
        engine.assertEmpty();
      }),
    );
  });

  it('leaves the cache alone when the log is broken: PFCOUNT still counts', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('PFADD k a b c');
    engine.drainLog({ record: () => {} });
    const before = bytesOf(engine, 'k');
    engine.breakLog();
    assert.equal(engine.say('PFCOUNT k'), ':3');
    assert.deepEqual(bytesOf(engine, 'k'), before);
    assert.equal(engine.say('PFADD k d'), `-${errors.LOG_FAILED}`);
  });
});

describe('HyperLogLogs without memory', () => {
  const long = 'k'.repeat(70_000);
  for (const [title, words] of [
    ['PFADD that makes one', ['PFADD', 'new', 'a']],
    ['PFADD that makes one with a long name', ['PFADD', long, 'a']],
    ['PFADD to a sparse one', ['PFADD', 'sparse', 'x', 'y', 'z']],
    ['PFADD that makes it dense', ['PFADD', 'sparse', ...elements(3000)]],
    ['PFMERGE into a new key', ['PFMERGE', 'new', 'dense', 'sparse']],
    ['PFMERGE into a sparse one', ['PFMERGE', 'sparse', 'dense']],
    ['PFMERGE into a key with a long name', ['PFMERGE', long, 'sparse', 'dense']],
    ['PFDEBUG TODENSE', ['PFDEBUG', 'TODENSE', 'sparse']],
    ['PFDEBUG GETREG', ['PFDEBUG', 'GETREG', 'sparse']],
  ] as const) {
    it(`change nothing: ${title}`, () => {
      const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
      addAll(engine, 'sparse', elements(100, 'other'));
      addAll(engine, 'dense', elements(3000));
      engine.drainLog({ record: () => {} });
      assert.doesNotMatch(engine.runWithLittleMemory(...words), /^-/);
      engine.say('FLUSHALL');
      engine.drainLog({ record: () => {} });
      engine.assertEmpty();
    });
  }

  it('never lose the log: a merge after the record of a key whose time was over', () => {
    for (let allowed = 0, reply = OUT_OF_MEMORY; reply === OUT_OF_MEMORY; allowed++) {
      const engine = new TestEngine({ logs: true, shardCount: 1 });
      addAll(engine, 'dense', elements(3000));
      engine.say('SET over x PX 5');
      engine.now += 5;
      engine.drainLog({ record: () => {} });
      let left = allowed;
      engine.memory.fails = () => left-- <= 0;
      reply = engine.run('PFMERGE', 'new', 'over', 'dense');
      engine.memory.fails = () => false;
      assert.ok(!engine.log.failed(), `${allowed} allocations`);
      assert.ok(allowed < ALLOCATIONS_MAX);
      const isDone = reply !== OUT_OF_MEMORY;
      const seen: number[] = [];
      assert.equal(engine.drainLog({ record: (fields) => seen.push(fields.op) }), 1, 'one group');
      assert.deepEqual(seen, isDone ? [OP_DELETE, OP_SET] : [OP_DELETE]);
      assert.equal(engine.say('EXISTS new'), isDone ? ':1' : ':0');
    }
  });
});
