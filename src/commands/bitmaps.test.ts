import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Applier } from '../engine/apply.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { ENGINE_EPOCH, ENGINE_SNAPSHOT } from '../engine/shard-words.js';
import { OP_DELETE, OP_SET, OP_SETRANGE, type RecordFields } from '../engine/wal/record.js';

const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}\r\n`;

function bitsOf(bytes: Uint8Array): number[] {
  return Array.from(bytes, (byte) => Array.from({ length: 8 }, (_, bit) => (byte >>> (7 - bit)) & 1)).flat();
}

/** The bits of a range as BITCOUNT and BITPOS mean it, and the number of the first of them. */
function rangeOf(
  bits: number[],
  start: number,
  end: number,
  unit: string,
): { first: number; bits: number[] } {
  const size = unit === 'BIT' ? 1 : 8;
  const total = bits.length / size;
  const first = Math.max(start < 0 ? total + start : start, 0);
  const last = Math.min(Math.max(end < 0 ? total + end : end, 0), total - 1);
  return { first: first * size, bits: first > last ? [] : bits.slice(first * size, (last + 1) * size) };
}

const row = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.tuple(fc.nat(100), fc.constantFrom(0, 0xff)).map(([size, byte]) => new Uint8Array(size).fill(byte)),
);
const edge = fc.oneof(fc.integer({ min: -10, max: 10 }), fc.integer({ min: -900, max: 900 }));

describe('SETBIT and GETBIT', () => {
  it('change and show single bits, and grow the value', () => {
    const changes = fc.array(fc.tuple(fc.nat(600), fc.constantFrom(0, 1)), { maxLength: 30 });
    fc.assert(
      fc.property(row, changes, (initial, steps) => {
        const engine = new TestEngine();
        engine.run('SET', 'key', initial);
        const bits = bitsOf(initial);
        for (const [at, value] of steps) {
          assert.equal(engine.say(`SETBIT key ${at} ${value}`), `:${bits[at] ?? 0}`);
          while (bits.length <= at) bits.push(0, 0, 0, 0, 0, 0, 0, 0);
          bits[at] = value;
          assert.equal(engine.say(`GETBIT key ${at}`), `:${value}`);
        }
        assert.equal(engine.say('STRLEN key'), `:${bits.length / 8}`);
        for (let at = 0; at < bits.length + 9; at++) {
          assert.equal(engine.say(`GETBIT key ${at}`), `:${bits[at] ?? 0}`);
        }
        engine.say('DEL key');
        engine.assertEmpty();
      }),
    );
  });

  it('take offsets as far as a value may reach', () => {
    const engine = new TestEngine();
    engine.config.apply([['proto-max-bulk-len', '1048576']]);
    const outside = 8 * 2 ** 20;
    engine.talk([
      [`SETBIT key ${outside - 1} 1`, ':0'],
      ['STRLEN key', ':1048576'],
      ['BITCOUNT key', ':1'],
      [`BITPOS key 1`, `:${outside - 1}`],
      [`BITPOS key 0`, ':0'],
      [`SETBIT key ${outside} 1`, `-${errors.BIT_OFFSET}`],
      [`GETBIT key ${outside}`, `-${errors.BIT_OFFSET}`],
      [`BITFIELD key GET u8 ${outside}`, `-${errors.BIT_OFFSET}`],
      [`BITFIELD key GET u8 #${2 ** 20}`, `-${errors.BIT_OFFSET}`],
      [`BITFIELD key GET u8 #${2 ** 62}`, `-${errors.BIT_OFFSET}`],
      // Where a field begins counts, not where it ends: as in Redis.
      [`BITFIELD key SET i64 ${outside - 1} -1`, '*1 :-9223372036854775808'],
      ['STRLEN key', ':1048584'],
      ['BITCOUNT key', ':64'],
      ['DEL key', ':1'],
    ]);
    engine.assertEmpty();
  });
});

describe('BITCOUNT and BITPOS', () => {
  it('count and find bits in ranges of bytes and bits', () => {
    fc.assert(
      fc.property(row, edge, edge, fc.constantFrom('BYTE', 'BIT'), (bytes, start, end, unit) => {
        const engine = new TestEngine();
        engine.run('SET', 'key', bytes);
        const bits = bitsOf(bytes);
        const { first, bits: part } = rangeOf(bits, start, end, unit);
        const isReversed = start < 0 && end < 0 && start > end;
        const ones = isReversed ? 0 : part.filter((bit) => bit === 1).length;
        assert.equal(engine.say(`BITCOUNT key ${start} ${end} ${unit}`), `:${ones}`);
        for (const bit of [0, 1]) {
          const at = part.indexOf(bit);
          assert.equal(
            engine.say(`BITPOS key ${bit} ${start} ${end} ${unit}`),
            `:${at < 0 ? -1 : first + at}`,
          );
          const rest = rangeOf(bits, start, -1, 'BYTE');
          const found = rest.bits.indexOf(bit);
          const without = bit === 0 && rest.bits.length > 0 ? bits.length : -1;
          assert.equal(
            engine.say(`BITPOS key ${bit} ${start}`),
            `:${found < 0 ? without : rest.first + found}`,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reach across large values', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SETBIT key 80000004 1', ':0'],
      ['BITCOUNT key', ':1'],
      ['BITCOUNT key 0 80000003 BIT', ':0'],
      ['BITPOS key 1', ':80000004'],
      ['BITPOS key 1 5 -1', ':80000004'],
      ['BITPOS key 1 0 80000003 BIT', ':-1'],
      ['BITOP NOT key key', ':10000001'],
      ['BITPOS key 0', ':80000004'],
      ['BITCOUNT key', ':80000007'],
    ]);
  });
});

describe('BITOP', () => {
  const models: Readonly<Record<string, (bits: readonly number[]) => boolean>> = {
    AND: (bits) => bits.every((bit) => bit === 1),
    OR: (bits) => bits.includes(1),
    XOR: (bits) => bits.filter((bit) => bit === 1).length % 2 === 1,
    NOT: ([bit]) => bit === 0,
    DIFF: ([bit, ...others]) => bit === 1 && !others.includes(1),
    DIFF1: ([bit, ...others]) => bit === 0 && others.includes(1),
    ANDOR: ([bit, ...others]) => bit === 1 && others.includes(1),
    ONE: (bits) => bits.filter((bit) => bit === 1).length === 1,
  };
  const names = Object.keys(models);
  const comparing = ['DIFF', 'DIFF1', 'ANDOR'];

  /** What an operator makes of the sources, byte by byte. */
  function expected(name: string, sources: readonly Uint8Array[]): Buffer {
    const size = Math.max(...sources.map((source) => source.length));
    return Buffer.from(
      Array.from({ length: size }, (_, at) => {
        let byte = 0;
        for (let bit = 7; bit >= 0; bit--) {
          const bits = sources.map((source) => ((source[at] ?? 0) >>> bit) & 1);
          byte = (byte << 1) | (models[name]!(bits) ? 1 : 0);
        }
        return byte;
      }),
    );
  }

  function check(name: string, sources: readonly Uint8Array[], targetIndex: number): void {
    const engine = new TestEngine({ logs: true });
    const keys = sources.map((_, index) => `source:${index}`);
    for (const [index, key] of keys.entries()) engine.run('SET', key, sources[index]!);
    const target = keys[targetIndex] ?? 'target';
    engine.run('SETEX', 'target', '100', 'something else');
    const result = expected(name, sources);
    assert.equal(engine.run('BITOP', name, target, ...keys), `:${result.length}\r\n`);
    const value = result.length === 0 ? '$-1\r\n' : `$${result.length}\r\n${result.toString('latin1')}\r\n`;
    assert.equal(engine.run('GET', target), value);
    assert.equal(engine.say(`TTL ${target}`), result.length === 0 ? ':-2' : ':-1');
    engine.run('DEL', 'target', ...keys);
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  }

  it('combines bit by bit, whatever the lengths, into a source as well as into another key', () => {
    const sources = fc.array(row, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...names), sources, fc.nat(8), (name, rows, targetIndex) => {
        if (name === 'NOT') check(name, rows.slice(0, 1), targetIndex);
        else if (!comparing.includes(name) || rows.length > 1) check(name, rows, targetIndex);
      }),
      { numRuns: 500 },
    );
  });

  it('combines values of many pieces', () => {
    const random = (size: number, seed: number) =>
      Uint8Array.from({ length: size }, (_, index) => (Math.imul(index + 1, seed) >>> 13) & 0xff);
    const sources = [
      random(30_001, 0x9e3779b1),
      random(8_192, 0x85ebca6b),
      random(17_000, 0xc2b2ae35),
      random(30_001, 7),
    ];
    for (const name of names) check(name, name === 'NOT' ? sources.slice(0, 1) : sources, -1);
    for (const name of comparing) check(name, sources.toReversed(), -1);
    for (const name of comparing) check(name, [random(9, 5), sources[0]!, sources[2]!], 1);
    for (const name of comparing) check(name, [sources[0]!, random(9, 5), random(3, 5)], 0);
  });

  it('takes keys that are not there, or not any more, for empty ones', () => {
    const engine = new TestEngine();
    engine.say('SET a abc');
    engine.say('SET over xyz PX 5');
    engine.now += 5;
    engine.talk([
      ['BITOP OR d a over none', ':3'],
      ['GET d', '$3 abc'],
      ['BITOP AND d a over', ':3'],
      ['BITCOUNT d', ':0'],
      ['BITOP DIFF d a none', ':3'],
      ['GET d', '$3 abc'],
      ['BITOP DIFF1 d none a', ':3'],
      ['GET d', '$3 abc'],
      ['BITOP ONE d none a over none', ':3'],
      ['GET d', '$3 abc'],
      ['BITOP ANDOR d none a', ':3'],
      ['BITCOUNT d', ':0'],
      ['BITOP ONE d none over', ':0'],
      ['EXISTS d', ':0'],
      ['BITOP NOT d over', ':0'],
    ]);
  });

  it('says what is wrong', () => {
    const engine = new TestEngine();
    engine.talk([
      ['BITOP NOT d a b', '-ERR BITOP NOT must be called with a single source key.'],
      ['BITOP DIFF d a', '-ERR BITOP DIFF must be called with at least two source keys.'],
      ['BITOP diff1 d a', '-ERR BITOP DIFF1 must be called with at least two source keys.'],
      ['BITOP AndOr d a', '-ERR BITOP ANDOR must be called with at least two source keys.'],
      ['BITOP ONE d a', ':0'],
      ['BITOP NAND d a b', `-${errors.SYNTAX}`],
      ['BITOP DIFF d', `-${errors.wrongArity('bitop')}`],
    ]);
  });
});

describe('BITFIELD', () => {
  const type = fc.tuple(fc.constantFrom('i', 'u'), fc.integer({ min: 1, max: 64 })).map(([letter, bits]) => ({
    isSigned: letter === 'i',
    bits: letter === 'u' ? Math.min(bits, 63) : bits,
  }));
  const operand = fc.oneof(
    fc.bigInt({ min: -300n, max: 300n }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc
      .tuple(fc.nat(62), fc.bigInt({ min: -2n, max: 2n }), fc.constantFrom(1n, -1n))
      .map(([power, near, sign]) => sign * (2n ** BigInt(power) + near)),
  );
  const operation = fc.record({
    kind: fc.constantFrom('GET', 'SET', 'INCRBY'),
    overflow: fc.constantFrom('WRAP', 'SAT', 'FAIL'),
    type,
    at: fc.nat(200),
    operand,
  });

  it('does arithmetic of any width at any place, in one record or none', () => {
    fc.assert(
      fc.property(row, fc.array(operation, { maxLength: 8 }), (initial, operations) => {
        const engine = new TestEngine({ logs: true });
        engine.run('SET', 'key', initial);
        engine.drainLog({ record: () => {} });
        // The value as text of 0 and 1.
        let bits = bitsOf(initial).join('');
        const words: string[] = [];
        const replies: string[] = [];
        const writes = operations.filter(({ kind }) => kind !== 'GET');
        const end = Math.max(0, ...writes.map(({ at, type: { bits: width } }) => at + width));
        bits = bits.padEnd(Math.ceil(end / 8) * 8, '0');
        for (const { kind, overflow, type: each, at, operand: amount } of operations) {
          const { isSigned, bits: width } = each;
          const name = `${isSigned ? 'i' : 'u'}${width}`;
          const fit = (value: bigint) =>
            isSigned ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
          const current = fit(BigInt(`0b${bits.slice(at, at + width).padEnd(width, '0')}`));
          if (kind === 'GET') {
            words.push('GET', name, String(at));
            replies.push(`:${current}`);
            continue;
          }
          words.push('OVERFLOW', overflow, kind, name, String(at), String(amount));
          const wanted = kind === 'SET' ? amount : current + amount;
          let value = fit(wanted);
          if (value !== wanted && overflow === 'FAIL') {
            replies.push('$-1');
            continue;
          }
          if (value !== wanted && overflow === 'SAT') {
            const max = 2n ** BigInt(isSigned ? width - 1 : width) - 1n;
            // Where Redis's own comparison overflows, a negative value counts as a large one.
            const isLarge = wanted > max || (kind === 'SET' && (!isSigned || max - wanted >= 2n ** 63n));
            value = isLarge ? max : isSigned ? -max - 1n : 0n;
          }
          replies.push(`:${kind === 'SET' ? current : value}`);
          const text = BigInt.asUintN(width, value).toString(2).padStart(width, '0');
          bits = bits.slice(0, at) + text + bits.slice(at + width);
        }
        const line = ['BITFIELD', 'key', ...words].join(' ');
        assert.equal(engine.say(line), [`*${replies.length}`, ...replies].join(' '), line);
        assert.ok(engine.drainLog({ record: () => {} }) <= 1);
        const [entry] = engine.pointers(engine.shardOf('key'), 0);
        const at = engine.entries.valueOffset(entry!);
        const value = engine.entries.bytes(entry!).subarray(at, at + engine.entries.valueSize(entry!));
        assert.equal(bitsOf(value).join(''), bits);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the key alone when any argument is wrong', () => {
    const engine = new TestEngine();
    engine.talk([
      ['BITFIELD key SET u8 0 1 GET u64 0', `-${errors.BITFIELD_TYPE}`],
      ['BITFIELD key SET u8 0 1 OVERFLOW MAYBE', `-${errors.BITFIELD_OVERFLOW}`],
      ['BITFIELD key SET u8 0 1 INCRBY u8 0', `-${errors.SYNTAX}`],
      ['BITFIELD_RO key SET u8 0 1', `-${errors.BITFIELD_READ_ONLY}`],
      ['BITFIELD key GET u8 0', '*1 :0'],
      ['EXISTS key', ':0'],
    ]);
  });
});

describe('what bitmap commands log', () => {
  it('is the bytes that changed, and nothing when none did', () => {
    const engine = new TestEngine({ logs: true });
    const records: string[] = [];
    const visitor = {
      record: (fields: RecordFields) => {
        assert.equal(fields.op, OP_SETRANGE);
        records.push(`${fields.valueBytes} at ${fields.rangeOffset}`);
      },
    };
    for (const [line, expected] of [
      ['SETBIT key 8000000 0', '1 at 1000000'],
      ['SETBIT key 8000000 0', ''],
      ['SETBIT key 77 1', '1 at 9'],
      ['SETBIT key 77 1', ''],
      ['BITFIELD key SET u8 77 0 GET u8 0 SET u16 #5 0', '2 at 9'],
      ['BITFIELD key SET u8 0 0 OVERFLOW FAIL SET u8 0 256', ''],
      ['BITFIELD key SET u1 8000008 0', '1 at 1000001'],
      ['BITFIELD key INCRBY i64 3 -1 INCRBY i64 3 1', '9 at 0, 9 at 0'],
      ['BITFIELD key SET u8 8000008 7 SET u8 8000016 7', '1 at 1000002, 1 at 1000001, 1 at 1000002'],
    ] as const) {
      engine.say(line);
      engine.drainLog(visitor);
      assert.equal(records.splice(0).join(', '), expected, line);
    }
  });

  it('brings the same values back', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const bit = fc.nat(300).map(String);
    const command = fc.oneof(
      fc.tuple(fc.constant('SETBIT'), key, bit, fc.constantFrom('0', '1')),
      fc.tuple(fc.constant('SET'), key, fc.string({ maxLength: 20 }), fc.constant('PX'), fc.constant('5')),
      fc.tuple(fc.constant('SLEEP')),
      fc
        .tuple(fc.constantFrom('AND', 'OR', 'XOR', 'ONE'), key, fc.array(key, { minLength: 1, maxLength: 3 }))
        .map(([name, target, sources]) => ['BITOP', name, target, ...sources]),
      fc
        .tuple(key, fc.array(fc.tuple(bit, bit), { maxLength: 4 }))
        .map(([k, sets]) => ['BITFIELD', k, ...sets.flatMap(([at, value]) => ['INCRBY', 'i60', at, value])]),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const engine = new TestEngine({ logs: true });
        const copy = new TestEngine();
        copy.keyspace.now = 0;
        const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
        for (const words of commands) {
          if (words[0] === 'SLEEP') engine.now += 5;
          else assert.doesNotMatch(engine.run(...words), /^-/);
        }
        engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
        assert.deepEqual(copy.contents(), engine.contents());
      }),
    );
  });

  it('is not lost when memory is nearly full: a group takes what was prepared for it', () => {
    const engine = new TestEngine({ logs: true });
    const size = 2 ** 20;
    engine.run('SET', 'large', Buffer.alloc(size, 5));
    engine.say('SET over x PX 5');
    engine.now += 5;
    engine.drainLog({ record: () => {} });
    engine.memory.fails = (bytes) => bytes > 1.5 * size;
    assert.equal(engine.say('BITOP OR target large over'), `:${size}`);
    assert.ok(!engine.log.failed());
    const seen: string[] = [];
    engine.drainLog({ record: (fields) => seen.push(`${fields.op}: ${fields.valueBytes}`) });
    assert.deepEqual(seen, [`${OP_DELETE}: 0`, `${OP_SET}: ${size}`]);
    engine.memory.fails = () => false;
    engine.say('DEL large target');
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });
});

describe('bitmap commands without memory', () => {
  const long = 'k'.repeat(70_000);
  for (const [title, words] of [
    ['SETBIT that grows a value', ['SETBIT', 'value', '100000', '1']],
    ['SETBIT that makes one', ['SETBIT', 'new', '100000', '1']],
    ['BITOP into a new key', ['BITOP', 'XOR', 'new', 'value', 'other']],
    ['BITOP into a source', ['BITOP', 'XOR', 'value', 'value', 'other']],
    ['BITOP into a key with a long name', ['BITOP', 'XOR', long, 'value', 'other']],
    ['BITFIELD that grows a value', ['BITFIELD', 'value', 'GET', 'u8', '0', 'SET', 'u8', '99999', '7']],
    ['BITFIELD that makes one', ['BITFIELD', long, 'SET', 'u8', '0', '7', 'INCRBY', 'u8', '500', '-1']],
  ] as const) {
    it(`change nothing: ${title}`, () => {
      const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
      engine.run('SET', 'value', 'v'.repeat(3000));
      engine.run('SETEX', 'other', '100', 'o'.repeat(5000));
      engine.drainLog({ record: () => {} });
      assert.doesNotMatch(engine.runWithLittleMemory(...words), /^-/);
      engine.say('FLUSHALL');
      engine.drainLog({ record: () => {} });
      engine.assertEmpty();
    });
  }

  it('change nothing: BITFIELD on a value that a snapshot has still to write', () => {
    const engine = new TestEngine({ shardCount: 1, databaseCount: 1 });
    engine.run('SET', 'value', 'v'.repeat(3000));
    const words = engine.memory.engineAt(0);
    engine.memory.shardU32[words + ENGINE_EPOCH]! ^= 1;
    engine.memory.shardU32[words + ENGINE_SNAPSHOT] = 1;
    const before = engine.contents();
    const line = 'BITFIELD value GET u8 0 OVERFLOW FAIL SET u8 0 256 SET u8 0 1 INCRBY u8 8 1 GET u16 0';
    engine.memory.fails = () => true;
    assert.equal(`${engine.say(line)}\r\n`, OUT_OF_MEMORY);
    assert.deepEqual(engine.contents(), before);
    // One entry in its place, and one node by which the snapshot finds the old one: the rest happens within them.
    let left = 2;
    engine.memory.fails = () => left-- <= 0;
    assert.equal(engine.say(line), '*5 :118 $-1 :118 :119 :375');
  });
});
