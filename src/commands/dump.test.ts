import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Crc64 } from '../base/crc64.js';
import { Applier } from '../engine/apply.js';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';

/** A payload around the bytes of a type and a value. */
function payload(body: readonly number[], version = 10): Buffer {
  const bytes = Buffer.from([...body, version & 0xff, version >> 8, 0, 0, 0, 0, 0, 0, 0, 0]);
  const crc = new Crc64();
  crc.add(bytes, 0, bytes.length - 8);
  crc.write(bytes, bytes.length - 8);
  return bytes;
}

/** A length of 32 bits. */
function length(size: number): number[] {
  return [0x80, size >>> 24, (size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff];
}

/** The bytes of a bulk reply. */
function bulk(reply: string): Buffer {
  const start = reply.indexOf('\r\n') + 2;
  return Buffer.from(reply.slice(start, -2), 'latin1');
}

describe('DUMP and RESTORE', () => {
  it('write what redis-server 7.0.15 writes for short strings', () => {
    const engine = new TestEngine();
    // Taken from redis-server 7.0.15.
    const known: readonly (readonly [string, string])[] = [
      ['', '00000a005d9b5c400f7fa2da'],
      ['abc', '00036162630a00d9ac303d4172a2e2'],
      ['7', '00c0070a0074cd48a283abce92'],
      ['-129', '00c17fff0a001760822854808480'],
      ['2147483647', '00c2ffffff7f0a002c74e59ee02eada1'],
      ['2147483648', '000a323134373438333634380a00e7b129a34c1d76ee'],
    ];
    for (const [value, hex] of known) {
      engine.run('SET', 'key', value);
      const dumped = bulk(engine.run('DUMP', 'key'));
      assert.equal(dumped.toString('hex'), hex);
      assert.equal(engine.run('RESTORE', 'copy', '0', dumped, 'REPLACE'), '+OK\r\n');
      assert.equal(engine.run('GET', 'copy'), engine.run('GET', 'key'));
    }
    assert.equal(engine.say('DUMP nope'), '$-1');
  });

  it('bring back any value, and all memory comes back', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.integer().map((value) => Buffer.from(String(value))),
          fc.integer({ min: 60, max: 70_000 }).map((size) => Buffer.alloc(size, size)),
        ),
        (value) => {
          const engine = new TestEngine();
          engine.run('SET', 'key', value);
          const dumped = bulk(engine.run('DUMP', 'key'));
          assert.equal(engine.run('RESTORE', 'copy', '0', dumped), '+OK\r\n');
          assert.deepEqual(bulk(engine.run('GET', 'copy')), Buffer.from(value));
          engine.say('DEL key copy');
          engine.assertEmpty();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('read every form that Redis writes', () => {
    const engine = new TestEngine();
    const forms: readonly (readonly [readonly number[], string])[] = [
      [[0, 0x40, 3, 0x61, 0x62, 0x63], 'abc'],
      [[0, 0x80, 0, 0, 0, 3, 0x61, 0x62, 0x63], 'abc'],
      [[0, 0x81, 0, 0, 0, 0, 0, 0, 0, 3, 0x61, 0x62, 0x63], 'abc'],
      [[0, 0xc0, 0xff], '-1'],
      [[0, 0xc1, 0, 0x80], '-32768'],
      [[0, 0xc2, 0, 0, 0, 0x80], '-2147483648'],
      // One literal, then it again 19 times.
      [[0, 0xc3, 5, 20, 0, 0x78, 0xe0, 10, 0], 'x'.repeat(20)],
    ];
    for (const [body, value] of forms) {
      for (const version of [1, 10, 13]) {
        assert.equal(engine.run('RESTORE', 'key', '0', payload(body, version), 'REPLACE'), '+OK\r\n', value);
        assert.equal(engine.say('GET key'), `$${value.length} ${value}`);
      }
    }
  });

  it('refuse what is no payload, or no value, and change nothing then', () => {
    const engine = new TestEngine();
    engine.say('SET key value');
    const used = engine.memory.usedBytes();
    const good = payload([0, 1, 0x61]);
    const flipped = Buffer.from(good);
    flipped[2]! ^= 1;
    for (const bad of [Buffer.alloc(0), good.subarray(2), flipped, payload([0, 1, 0x61], 14)]) {
      assert.equal(engine.run('RESTORE', 'key', '0', bad, 'REPLACE'), `-${errors.BAD_PAYLOAD}\r\n`);
    }
    const bodies = [
      [],
      [0],
      [99, 1, 0x61],
      [0, 0x7f, 0xff],
      [0, 0x80, 0xff, 0xff, 0xff, 0xff],
      [0, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0, 0x82, 1],
      [0, 0xc4, 1],
      [0, 0xc3, 5, 21, 0, 0x78, 0xe0, 10, 0],
      [0, 0xc3, 0, 1],
      [0, 0xc3, 2, 0x80, 0x7f, 0xff, 0xff, 0xff, 0, 0x61],
    ];
    for (const body of bodies) {
      const reply = engine.run('RESTORE', 'key', '0', payload(body), 'REPLACE');
      assert.equal(reply, `-${errors.BAD_FORMAT}\r\n`, body.join());
    }
    assert.equal(engine.say('GET key'), '$5 value');
    assert.equal(engine.memory.usedBytes(), used);
  });

  it('survive any payload whose checksum is right', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 60 }), (rest) => {
        const engine = new TestEngine();
        const reply = engine.run('RESTORE', 'key', '0', payload([0, ...rest]));
        assert.ok(reply === '+OK\r\n' || reply.startsWith('-'), reply);
        engine.say('DEL key');
        engine.assertEmpty();
      }),
      { numRuns: 300 },
    );
  });

  it('keep to their options', () => {
    const engine = new TestEngine();
    const good = payload([0, 1, 0x61]);
    const restore = (...rest: string[]): string =>
      engine.run('RESTORE', 'key', rest[0] as string, good, ...rest.slice(1));
    assert.equal(restore('5000'), '+OK\r\n');
    assert.equal(engine.say('PTTL key'), ':5000');
    assert.equal(restore('0'), `-${errors.KEY_EXISTS}\r\n`);
    assert.equal(restore('-1', 'REPLACE'), `-${errors.NEGATIVE_TTL}\r\n`);
    assert.equal(restore('x', 'REPLACE'), `-${errors.NOT_AN_INTEGER}\r\n`);
    assert.equal(restore(String(START_MS + 9), 'REPLACE', 'ABSTTL'), '+OK\r\n');
    assert.equal(engine.say('PEXPIRETIME key'), `:${START_MS + 9}`);
    assert.equal(restore('0', 'replace', 'IDLETIME', '100'), '+OK\r\n');
    assert.equal(engine.say('OBJECT IDLETIME key'), ':100');
    assert.equal(restore('0', 'REPLACE', 'IDLETIME', '-1'), `-${errors.INVALID_IDLE_TIME}\r\n`);
    assert.equal(restore('0', 'REPLACE', 'FREQ', '256'), `-${errors.INVALID_FREQUENCY}\r\n`);
    assert.equal(restore('0', 'REPLACE', 'FREQ', '1', 'IDLETIME', '1'), `-${errors.SYNTAX}\r\n`);
    assert.equal(restore('0', 'REPLACE', 'IDLETIME'), `-${errors.SYNTAX}\r\n`);
    // A time that is over: the key is gone.
    assert.equal(restore('1', 'REPLACE', 'ABSTTL'), '+OK\r\n');
    assert.equal(engine.say('EXISTS key'), ':0');
    engine.assertEmpty();
  });

  it('change nothing when memory is exhausted', () => {
    const engine = new TestEngine();
    engine.say('SET key value');
    engine.memory.fails = () => true;
    const big = payload([0, 0xc3, 5, 20, 0, 0x78, 0xe0, 10, 0]);
    assert.equal(engine.run('RESTORE', 'key', '0', big, 'REPLACE'), `-${errors.OUT_OF_MEMORY}\r\n`);
    assert.equal(engine.run('RESTORE', 'other', '0', big), `-${errors.OUT_OF_MEMORY}\r\n`);
    engine.memory.fails = () => false;
    assert.equal(engine.say('GET key'), '$5 value');
  });

  it('a value many times as long as its payload is in the log, whole', () => {
    const engine = new TestEngine({ logs: true });
    const copies = 1000;
    const size = 1 + copies * 264;
    // One literal, then 264 bytes again and again.
    const compressed = [0, 0x78, ...Array.from({ length: copies }, () => [0xe0, 255, 0]).flat()];
    const body = [0, 0xc3, ...length(compressed.length), ...length(size), ...compressed];
    assert.equal(engine.run('RESTORE', 'key', '0', payload(body)), '+OK\r\n');
    const copy = new TestEngine();
    const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
    copy.now = 0;
    engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
    assert.deepEqual(copy.contents(), engine.contents());
    assert.equal(copy.say('STRLEN key'), `:${size}`);
  });
});
