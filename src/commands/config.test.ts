import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { STAT_BYTES_IN } from '../engine/statistics.js';
import { SHARD_F64_DIRTY, SHARD_F64_HITS, SHARD_F64_MISSES } from '../memory/layout.js';

const SYNTAX = `-${errors.SYNTAX}`;

describe('CONFIG', () => {
  it('gets what matches, each once', () => {
    const engine = new TestEngine();
    engine.talk([
      ['CONFIG GET maxmemory', '*2 $9 maxmemory $1 0'],
      ['CONFIG GET MAXMEMORY', '*2 $9 MAXMEMORY $1 0'],
      ['CONFIG GET maxmemory maxmemory hz', '*4 $9 maxmemory $1 0 $2 hz $2 10'],
      ['CONFIG GET maxmemory-p*', '*2 $16 maxmemory-policy $10 noeviction'],
      ['CONFIG GET HZ hz h?', '*2 $2 HZ $2 10'],
      ['CONFIG GET h? HZ', '*2 $2 hz $2 10'],
      ['CONFIG GET h\\z nope', '*0'],
    ]);
    engine.client.protocol = PROTOCOL_RESP3;
    assert.equal(engine.say('CONFIG GET hz'), '%1 $2 hz $2 10');
  });

  it('sets all of what it is given or nothing', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('CONFIG SET maxmemory 1mb hz 50'), '+OK');
    assert.equal(engine.say('CONFIG GET maxmemory hz'), '*4 $9 maxmemory $7 1048576 $2 hz $2 50');
    assert.match(await engine.sayLater('CONFIG SET hz 20 maxmemory abc'), /^-ERR CONFIG SET failed/);
    assert.match(await engine.sayLater('CONFIG SET hz 20 nope 1'), /^-ERR Unknown option .* 'nope'$/);
    assert.match(await engine.sayLater('CONFIG SET databases 5'), /can't set immutable config$/);
    assert.equal(engine.say('CONFIG GET hz'), '*2 $2 hz $2 50');
    engine.talk([
      ['CONFIG SET hz', "-ERR wrong number of arguments for 'config|set' command"],
      ['CONFIG SET hz 10 maxmemory', SYNTAX],
    ]);
    assert.match(engine.say('CONFIG HELP'), /^\*\d+ \+CONFIG <subcommand>/);
  });

  it('rewrites the file through the server, and says what that says', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('CONFIG REWRITE'), '+OK');
    assert.deepEqual(engine.control.calls, [['configRewrite']]);
    engine.control.answer = 'ERR The server is running without a config file';
    assert.equal(await engine.sayLater('config rewrite'), `-${engine.control.answer}`);
    assert.equal(
      engine.say('CONFIG REWRITE x'),
      "-ERR wrong number of arguments for 'config|rewrite' command",
    );
  });

  it('resets what INFO counts, but not what save rules go by', () => {
    const engine = new TestEngine({ shardCount: 64 });
    for (let shard = 0; shard < 64; shard++) engine.run('SET', engine.keyIn(shard), '1');
    for (let shard = 0; shard < 64; shard++) engine.run('GET', engine.keyIn(shard));
    engine.say('GET nope');
    engine.statistics.add(STAT_BYTES_IN, 5);
    const total = (word: number): number =>
      Array.from(
        { length: 64 },
        (_, shard) => engine.memory.shardF64[engine.memory.doubleAt(shard, word)] ?? 0,
      ).reduce((sum, count) => sum + count);
    assert.deepEqual([total(SHARD_F64_HITS), total(SHARD_F64_MISSES)], [64, 1]);
    assert.equal(engine.say('CONFIG RESETSTAT'), '+OK');
    assert.deepEqual([total(SHARD_F64_HITS), total(SHARD_F64_MISSES)], [0, 0]);
    assert.equal(total(SHARD_F64_DIRTY), 64);
    assert.equal(engine.statistics.total(STAT_BYTES_IN), 0);
    engine.batons.takeAll();
    engine.batons.giveAll();
  });
});
