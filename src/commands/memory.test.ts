import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';

const KEY_COUNT = 30_000;
const VALUE = 'v'.repeat(300);

function fill(engine: TestEngine): void {
  for (let number = 0; number < KEY_COUNT; number++) engine.run('SET', `key:${number}`, VALUE);
}

/** The integer beside `name` in a flat map. */
function field(reply: string, name: string): number {
  const match = new RegExp(`${name}\\r\\n(?::|\\$\\d+\\r\\n)([-\\d.]+)\\r\\n`).exec(reply);
  assert.ok(match, `${name} is there`);
  return Number(match[1]);
}

describe('MEMORY', () => {
  it('USAGE counts what a key takes: its block, and its place in the table', () => {
    const engine = new TestEngine();
    assert.equal(engine.say('MEMORY USAGE key'), '$-1');
    engine.run('SET', 'key', 'v'.repeat(1000));
    const small = Number(engine.say('MEMORY USAGE key').slice(1));
    assert.ok(small >= 1000 && small < 1300, `${small}`);
    engine.run('SET', 'key', 'v'.repeat(100_000));
    const large = Number(engine.say('memory usage key samples 0').slice(1));
    assert.ok(large >= 100_000 && large < 130_000, `${large}`);
  });

  it('USAGE counts what a collection takes, or what it would if all elements were like the first', () => {
    const count = 20_000;
    const range = Array.from({ length: count }, (_, index) => `element ${String(index).padStart(8, '0')}`);
    const commands = [
      ['RPUSH', 'key', ...range],
      ['SADD', 'key', ...range],
      ['ZADD', 'key', ...range.flatMap((member, index) => [String((index * 7919) % count), member])],
      ['HSET', 'key', ...range.flatMap((field) => [field, 'value'])],
    ];
    for (const command of commands) {
      const engine = new TestEngine();
      engine.run(...command);
      const used = engine.memory.usedBytes();
      for (const samples of [[], ['SAMPLES', '0'], ['SAMPLES', '50']]) {
        const usage = Number(engine.run('MEMORY', 'USAGE', 'key', ...samples).slice(1));
        assert.ok(Math.abs(usage - used) < used / 10, `${command[0]}: ${usage} of ${used}`);
      }
    }
    const engine = new TestEngine();
    engine.run('HSET', 'key', 'field', 'v'.repeat(1000));
    const usage = Number(engine.say('MEMORY USAGE key').slice(1));
    assert.ok(usage >= 1000 && usage < 1300, `${usage}`);
  });

  it('USAGE reads its options before it looks for the key', () => {
    const engine = new TestEngine();
    engine.talk([
      ['MEMORY USAGE key SAMPLES', `-${errors.SYNTAX}`],
      ['MEMORY USAGE key SAMPLES -1', `-${errors.SYNTAX}`],
      ['MEMORY USAGE key SAMPLES x', `-${errors.NOT_AN_INTEGER}`],
      ['MEMORY USAGE key nope 1', `-${errors.SYNTAX}`],
    ]);
  });

  it('STATS adds up, and follows what is stored', () => {
    const engine = new TestEngine();
    const empty = engine.run('MEMORY', 'STATS');
    assert.equal(field(empty, 'keys.count'), 0);
    assert.equal(field(empty, 'total.allocated'), 0);
    fill(engine);
    const full = engine.run('MEMORY', 'STATS');
    assert.equal(field(full, 'keys.count'), KEY_COUNT);
    assert.equal(field(full, 'total.allocated'), engine.memory.usedBytes());
    assert.equal(
      field(full, 'dataset.bytes') + field(full, 'overhead.total'),
      field(full, 'total.allocated'),
    );
    const perKey = field(full, 'keys.bytes-per-key');
    assert.ok(perKey > 300 && perKey < 400, `${perKey}`);
    assert.ok(field(full, 'allocator-fragmentation.ratio') >= 1);
    assert.match(full, /db\.0\r\n\*2\r\n\$23\r\noverhead\.hashtable\.main\r\n:\d+/);
    engine.run('FLUSHALL');
    assert.equal(field(engine.run('MEMORY', 'STATS'), 'keys.count'), 0);
  });

  it('STATS is a map of integers and doubles in RESP3', () => {
    const engine = new TestEngine({ protocol: PROTOCOL_RESP3 });
    engine.run('SET', 'key', 'value');
    const reply = engine.run('MEMORY', 'STATS');
    const pairs = Number(/^%(\d+)\r\n/.exec(reply)?.[1]);
    const leaves = reply.split('\r\n').filter((line) => /^[:,$%]/.test(line)).length;
    // Each pair is a name and a value; the one map inside, of one pair, stands for a value.
    assert.equal(leaves, 1 + pairs * 2 + 2);
    assert.match(reply, /fragmentation\r\n,[\d.]+\r\n/);
  });

  it('DOCTOR names what is wrong, and says so when nothing is', () => {
    const engine = new TestEngine();
    assert.match(engine.run('MEMORY', 'DOCTOR'), /too little data/);
    fill(engine);
    assert.match(engine.run('MEMORY', 'DOCTOR'), /No problem/);
    engine.config.apply([['maxmemory', String(engine.memory.usedBytes() + 1000)]]);
    assert.match(engine.run('MEMORY', 'DOCTOR'), /\* Limit: /);
    engine.config.apply([['maxmemory', '0']]);
    // Every third key stays: its slabs stay, too.
    for (let number = 0; number < KEY_COUNT; number++) {
      if (number % 3 !== 0) engine.run('DEL', `key:${number}`);
    }
    for (let number = KEY_COUNT; number < KEY_COUNT * 1.5; number++)
      engine.run('SET', `key:${number}`, VALUE.slice(50));
    assert.match(engine.run('MEMORY', 'DOCTOR'), /\* Fragmentation: /);
  });

  it('PURGE asks the control plane, MALLOC-STATS shows every shard', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('MEMORY PURGE'), '+OK');
    assert.deepEqual(engine.control.calls, [['purgeMemory']]);
    assert.equal(engine.run('MEMORY', 'MALLOC-STATS').match(/shard \d+: 0 bytes/g)?.length, 4);
  });
});

describe('LOLWUT', () => {
  it('ends with the version and is another picture each time', () => {
    const engine = new TestEngine();
    const pictures = new Set(Array.from({ length: 5 }, () => engine.run('LOLWUT')));
    assert.equal(pictures.size, 5);
    for (const picture of pictures) assert.match(picture, /\nRedis ver\. 7\.0\.15, CrabKV 0\.0\.0\n\r\n$/);
    assert.equal(engine.say('LOLWUT VERSION x'), `-${errors.NOT_AN_INTEGER}`);
  });
});
