import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SHARD_F64_EVICTED } from '../memory/layout.js';
import { Applier } from './apply.js';
import { PAUSE_WRITE } from './attention.js';
import { START_MS, TestEngine } from './engine.case.js';
import * as errors from './errors.js';
import { Maintenance } from './maintenance.js';
import { ENGINE_EPOCH, ENGINE_SNAPSHOT } from './shard-words.js';
import { PROCESS_EVICTION_EXCEEDED_MS, PROCESS_EVICTION_EXCEEDED_SINCE_MS } from './statistics.js';

const OK = '+OK\r\n';
const REFUSED = `-${errors.OUT_OF_MEMORY}\r\n`;
const LIMIT_BYTES = 2 * 2 ** 20;
/** Tables may grow by a segment and a directory in a command, beyond what its own bytes ask for. */
const SLACK_BYTES = 8192;
const VALUE = 'v'.repeat(100);
/** About how many keys `key:<number>` with VALUE fit, and no more. */
const KEYS_THAT_FIT = 15_000;
const ALL_KEYS = ['allkeys-lru', 'allkeys-lfu', 'allkeys-random'];
const VOLATILE = ['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'];

function createEngine(policy: string, options: { logs?: boolean; shardCount?: number } = {}): TestEngine {
  const engine = new TestEngine({ shardCount: 16, databaseCount: 4, ...options });
  engine.config.apply([
    ['maxmemory', String(LIMIT_BYTES)],
    ['maxmemory-policy', policy],
  ]);
  return engine;
}

/** Sets keys `<prefix><number>`; every one must be accepted, and the limit be kept. */
function fill(engine: TestEngine, prefix: string, count: number, ...options: string[]): void {
  for (let number = 0; number < count; number++) {
    assert.equal(engine.run('SET', `${prefix}${number}`, VALUE, ...options), OK);
    if (engine.log.enabled) engine.drainLog({ record() {} });
    const used = engine.memory.usedBytes();
    assert.ok(used <= LIMIT_BYTES + SLACK_BYTES, `${used} bytes are used`);
  }
}

function evictedCount(engine: TestEngine): number {
  const { memory } = engine;
  let count = 0;
  for (let shard = 0; shard < memory.shardCount; shard++)
    count += memory.shardF64[memory.doubleAt(shard, SHARD_F64_EVICTED)]!;
  return count;
}

/** How many of the keys `<prefix><number>` are there. */
function remaining(engine: TestEngine, prefix: string): number {
  return [...engine.contents().keys()].filter((name) => name.split('/')[1]!.startsWith(prefix)).length;
}

function emptied(engine: TestEngine): void {
  engine.config.apply([['maxmemory', '0']]);
  engine.run('FLUSHALL');
  engine.assertEmpty();
}

describe('Eviction', () => {
  it('lets every write in and keeps the limit, whichever keys may go', () => {
    for (const policy of [...ALL_KEYS, ...VOLATILE]) {
      const engine = createEngine(policy);
      const count = KEYS_THAT_FIT * 2;
      fill(engine, 'key:', count, 'EX', '1000');
      assert.equal(remaining(engine, 'key:') + evictedCount(engine), count, policy);
      assert.ok(
        engine.memory.usedBytes() > LIMIT_BYTES - SLACK_BYTES,
        `${policy} evicts no more than it must`,
      );
      emptied(engine);
    }
  });

  it('refuses the write with noeviction', () => {
    const engine = createEngine('noeviction');
    let reply = OK;
    for (let number = 0; reply === OK; number++) reply = engine.run('SET', `key:${number}`, VALUE);
    assert.equal(reply, REFUSED);
    assert.ok(engine.memory.usedBytes() <= LIMIT_BYTES);
    assert.equal(engine.run('GET', 'key:0'), `$100\r\n${VALUE}\r\n`);
    assert.equal(engine.run('DEL', 'key:0', 'key:1'), ':2\r\n');
    assert.equal(engine.run('SET', 'key:0', VALUE), OK);
    assert.equal(evictedCount(engine), 0);
    emptied(engine);
  });

  it('takes only keys with an expiry with volatile-*, however few they are, and then refuses', () => {
    for (const policy of VOLATILE) {
      const engine = createEngine(policy);
      engine.config.apply([['maxmemory', '0']]);
      const kept = KEYS_THAT_FIT - 1000;
      for (let number = 0; number < kept; number++) engine.run('SET', `kept:${number}`, VALUE);
      for (let number = 0; number < 50; number++) engine.run('SET', `ends:${number}`, VALUE, 'EX', '1000');
      engine.config.apply([['maxmemory', String(LIMIT_BYTES)]]);
      let reply = OK;
      for (let number = 0; reply === OK; number++) reply = engine.run('SET', `more:${number}`, VALUE);
      assert.equal(reply, REFUSED);
      assert.equal(remaining(engine, 'ends:'), 0, policy);
      assert.equal(evictedCount(engine), 50, policy);
      assert.equal(remaining(engine, 'kept:'), kept, policy);
      emptied(engine);
    }
  });

  it('takes the keys that were not used for longest with allkeys-lru', () => {
    const engine = createEngine('allkeys-lru');
    fill(engine, 'old:', KEYS_THAT_FIT / 2);
    engine.now += 10_000;
    fill(engine, 'young:', KEYS_THAT_FIT / 4);
    engine.now += 10_000;
    for (let number = 0; number < KEYS_THAT_FIT / 2; number += 2) engine.run('GET', `old:${number}`);
    engine.now += 10_000;
    const before = evictedCount(engine);
    fill(engine, 'new:', KEYS_THAT_FIT / 2);
    assert.ok(evictedCount(engine) - before > KEYS_THAT_FIT / 8);
    let usedCount = 0;
    for (let number = 0; number < KEYS_THAT_FIT / 2; number += 2)
      usedCount += Number(engine.run('EXISTS', `old:${number}`)[1]);
    assert.ok(
      usedCount > (KEYS_THAT_FIT / 4) * 0.99,
      `${usedCount} of ${KEYS_THAT_FIT / 4} used keys are there`,
    );
    assert.ok(remaining(engine, 'new:') > (KEYS_THAT_FIT / 2) * 0.99);
  });

  it('takes the keys that are used least often with allkeys-lfu', () => {
    const engine = createEngine('allkeys-lfu');
    fill(engine, 'often:', 2000);
    for (let round = 0; round < 20; round++) {
      for (let number = 0; number < 2000; number++) engine.run('GET', `often:${number}`);
    }
    fill(engine, 'once:', KEYS_THAT_FIT * 2);
    assert.ok(remaining(engine, 'often:') > 1990, `${remaining(engine, 'often:')} of 2000 are there`);
  });

  it('takes the keys that end first with volatile-ttl', () => {
    const engine = createEngine('volatile-ttl');
    const count = KEYS_THAT_FIT / 2;
    const seconds = (number: number) => 100 + ((number * 7919) % count);
    for (let number = 0; number < count; number++)
      engine.run('SET', `ends:${number}`, VALUE, 'EX', String(seconds(number)));
    fill(engine, 'kept:', (KEYS_THAT_FIT * 3) / 4);
    const evicted = evictedCount(engine);
    assert.ok(evicted > count / 4 && evicted < count * 0.9, `${evicted} of ${count}`);
    let early = 0;
    for (let number = 0; number < count; number++) {
      if (engine.run('EXISTS', `ends:${number}`) === ':0\r\n' && seconds(number) - 100 < evicted * 1.1)
        early += 1;
    }
    assert.ok(early > evicted * 0.95, `${early} of ${evicted} were among the first to end`);
  });

  it('takes keys of all databases, and of those only that have any', () => {
    const engine = createEngine('allkeys-random');
    for (const database of ['0', '3']) {
      engine.run('SELECT', database);
      fill(engine, 'key:', 6000);
    }
    fill(engine, 'more:', 6000);
    const left = [...engine.contents().keys()].filter((name) => name.startsWith('0/')).length;
    assert.ok(left < 5500 && left > 2000, `${left} of 6000 keys are left in database 0`);
  });

  it('gives up keys whose time is over before all others, and does not count them as evicted', () => {
    for (const policy of ['allkeys-lru', 'allkeys-lfu', 'volatile-ttl']) {
      const engine = createEngine(policy);
      fill(engine, 'over:', 5000, 'PX', '50');
      fill(engine, 'key:', KEYS_THAT_FIT - 7000);
      engine.now += 100;
      fill(engine, 'more:', 4000);
      assert.ok(remaining(engine, 'over:') < 4500, `${policy} has found some`);
      assert.ok(evictedCount(engine) < 50, `${evictedCount(engine)} were evicted with ${policy}`);
    }
  });

  it('never evicts for a request that could not fit', () => {
    const engine = createEngine('allkeys-lru');
    fill(engine, 'key:', 1000);
    assert.equal(engine.run('SET', 'large', Buffer.alloc(LIMIT_BYTES + 1)), REFUSED);
    assert.equal(remaining(engine, 'key:'), 1000);
    assert.equal(engine.run('SET', 'large', Buffer.alloc(LIMIT_BYTES - 100_000)), OK);
    assert.ok(remaining(engine, 'key:') < 1000);
    emptied(engine);
  });

  it('frees what was flushed before it evicts or refuses', () => {
    for (const policy of ['noeviction', 'allkeys-lru']) {
      const engine = createEngine(policy);
      fill(engine, 'key:', KEYS_THAT_FIT - 2000);
      engine.run('FLUSHALL');
      fill(engine, 'new:', KEYS_THAT_FIT - 2000);
      // Where a shard has nothing left that was flushed, a key may go though another shard has.
      assert.ok(evictedCount(engine) < 100, `${evictedCount(engine)} keys were evicted`);
      emptied(engine);
    }
  });

  it('frees a large collection bit by bit, but for as long as that lasts evicts nothing else', () => {
    for (const shardCount of [1, 16]) {
      const engine = createEngine('volatile-ttl', { shardCount });
      const members = Array.from({ length: 20_000 }, (_, index) => `member ${index}`);
      engine.run('SADD', 'set', ...members);
      engine.run('PEXPIRE', 'set', '100000');
      const setBytes = engine.memory.usedBytes();
      const left = ((LIMIT_BYTES - setBytes) / LIMIT_BYTES) * KEYS_THAT_FIT;
      fill(engine, 'later:', Math.floor(left * 0.8), 'PX', '200000');
      assert.ok(engine.contents().has('0/set'));
      // More than there is room for, less than the set gives way to.
      fill(engine, 'new:', Math.floor(left * 0.3 + (setBytes / LIMIT_BYTES) * KEYS_THAT_FIT * 0.5));
      assert.ok(!engine.contents().has('0/set'));
      // In other shards than the set's some keys may go before it is met.
      const evicted = evictedCount(engine);
      assert.ok(evicted < (shardCount === 1 ? 2 : 250), `${evicted} keys were evicted`);
      emptied(engine);
    }
  });

  it('logs what it evicts, so that it stays away after a restart', () => {
    const engine = createEngine('allkeys-random', { logs: true });
    const copy = new TestEngine({ shardCount: 16, databaseCount: 4 });
    const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
    for (let number = 0; number < KEYS_THAT_FIT * 1.5; number++) {
      assert.equal(engine.run('SET', `${number}:`.padEnd(20 + (number % 3) * 40_000, 'k'), VALUE), OK);
      engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
      if (evictedCount(engine) > 200) break;
    }
    assert.ok(evictedCount(engine) > 200);
    assert.deepEqual(copy.contents(), engine.contents());
  });

  it('evicts nothing when the log is broken, for nobody would know of it', () => {
    const engine = createEngine('allkeys-lru', { logs: true });
    fill(engine, 'key:', KEYS_THAT_FIT);
    engine.drainLog({ record() {} });
    const before = evictedCount(engine);
    engine.breakLog();
    engine.config.apply([['maxmemory', '1mb']]);
    assert.match(engine.run('SET', 'key', VALUE), /^-(OOM|MISCONF)/);
    assert.equal(evictedCount(engine), before);
  });

  it('evicts nothing while clients are paused', () => {
    const engine = createEngine('allkeys-lru');
    fill(engine, 'key:', KEYS_THAT_FIT);
    const before = evictedCount(engine);
    const { attention } = engine.executor.call.services;
    attention.pause(PAUSE_WRITE, engine.now + 1000, engine.now);
    engine.config.apply([['maxmemory', '1mb']]);
    assert.equal(engine.executor.eviction.slice(100), false);
    assert.equal(evictedCount(engine), before);
    attention.unpause();
    assert.equal(engine.executor.eviction.slice(1000), false);
    assert.ok(evictedCount(engine) > before);
    assert.ok(engine.memory.usedBytes() <= 2 ** 20);
  });

  it('does not take what a running snapshot keeps for a reason to evict ever more', () => {
    const engine = createEngine('allkeys-lru');
    const { memory } = engine;
    fill(engine, 'key:', KEYS_THAT_FIT * 1.2);
    for (let shard = 0; shard < memory.shardCount; shard++) {
      memory.shardU32[memory.engineAt(shard) + ENGINE_EPOCH]! ^= 1;
      memory.shardU32[memory.engineAt(shard) + ENGINE_SNAPSHOT] = 1;
    }
    const before = evictedCount(engine);
    for (let number = 0; number < 2000; number++) assert.equal(engine.run('SET', `new:${number}`, VALUE), OK);
    const evicted = evictedCount(engine) - before;
    assert.ok(evicted > 1500 && evicted < 2600, `${evicted} were evicted for 2000`);
    assert.ok(memory.heldBytes() > evicted * VALUE.length * 0.5);
  });

  it('comes below a limit that was lowered, in slices of maintenance', () => {
    const engine = createEngine('allkeys-lru');
    const maintenance = new Maintenance(engine.keyspace, engine.batons, 0, 1, engine.executor.eviction);
    fill(engine, 'key:', KEYS_THAT_FIT - 1000);
    engine.config.apply([['maxmemory', '1mb']]);
    let slices = 1;
    while (maintenance.slice(START_MS)) slices += 1;
    assert.ok(slices > 2, `the work is cut into slices: ${slices}`);
    assert.ok(engine.memory.usedBytes() <= 2 ** 20);
    assert.ok(engine.memory.usedBytes() > 2 ** 20 - SLACK_BYTES);
  });

  it('does not evict for long in one command: the command runs, and others go on', () => {
    const engine = createEngine('allkeys-lru');
    engine.config.apply([['maxmemory-eviction-tenacity', '0']]);
    fill(engine, 'key:', KEYS_THAT_FIT - 1000);
    engine.config.apply([['maxmemory', '1mb']]);
    assert.equal(engine.run('SET', 'key', VALUE), OK);
    assert.ok(evictedCount(engine) < 100);
    assert.ok(engine.statistics.process(PROCESS_EVICTION_EXCEEDED_SINCE_MS) === START_MS);
    engine.now += 250;
    engine.config.apply([['maxmemory-eviction-tenacity', '100']]);
    assert.equal(engine.run('SET', 'key', VALUE), OK);
    assert.ok(engine.memory.usedBytes() <= 2 ** 20);
    assert.equal(engine.statistics.process(PROCESS_EVICTION_EXCEEDED_SINCE_MS), 0);
    assert.equal(engine.statistics.process(PROCESS_EVICTION_EXCEEDED_MS), 250);
  });

  it('evicts no more than it must when two threads do', () => {
    const first = createEngine('allkeys-lfu');
    const second = new TestEngine({ shardCount: 16, databaseCount: 4, shared: first.shared });
    second.config.apply([
      ['maxmemory', String(LIMIT_BYTES)],
      ['maxmemory-policy', 'allkeys-lfu'],
    ]);
    for (let number = 0; number < KEYS_THAT_FIT * 2; number++) {
      const engine = number % 2 === 0 ? first : second;
      assert.equal(engine.run('SET', `key:${number}`, VALUE), OK);
      const used = first.memory.usedBytes();
      assert.ok(used <= LIMIT_BYTES + SLACK_BYTES);
      if (evictedCount(first) > 0) assert.ok(used > LIMIT_BYTES - SLACK_BYTES, `${used} bytes are used`);
    }
  });

  it('knows keys of one shard, too, and keys as large as the log takes only through pages', () => {
    const engine = createEngine('allkeys-lru', { shardCount: 1, logs: true });
    for (let number = 0; number < 60; number++) {
      assert.equal(engine.run('SET', `${number}:`.padEnd(100_000, 'k'), ''), OK);
      engine.drainLog({ record() {} });
    }
    assert.ok(engine.memory.usedBytes() <= LIMIT_BYTES + SLACK_BYTES);
    assert.ok(evictedCount(engine) > 35);
  });
});
