import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Attention, createAttentionShared, PAUSE_ALL, PAUSE_WRITE } from './attention.js';
import { START_MS, TestEngine } from './engine.case.js';
import * as errors from './errors.js';
import { DONE, POSTPONED } from './executor.js';

const isOf = (kind: number, pause: number): boolean => (pause & (PAUSE_WRITE | PAUSE_ALL)) === kind;
/** What the executor returns for the words of `line`. */
const outcome = (engine: TestEngine, line: string): number => engine.execute(engine.client, line.split(' '));

describe('a pause', () => {
  it('is seen by every thread, and over when its time is', () => {
    const shared = createAttentionShared();
    const attention = new Attention(shared);
    const other = new Attention(shared);
    attention.pause(PAUSE_WRITE, 1000, 0);
    assert.ok(isOf(PAUSE_WRITE, other.pauseAt(999)));
    assert.equal(other.pauseMs(400), 600);
    assert.notEqual(attention.words[0], 0);
    assert.equal(other.pauseAt(1000), 0);
    assert.equal(attention.words[0], 0, 'whoever notices first ends it for all');
    assert.equal(other.pauseMs(0), 0);
  });

  it('that meets another one leaves the stricter kind and the later end', () => {
    const attention = new Attention(createAttentionShared());
    attention.pause(PAUSE_WRITE, 1000, 0);
    attention.pause(PAUSE_ALL, 500, 0);
    assert.ok((attention.pauseAt(999) & PAUSE_ALL) !== 0);
    attention.pause(PAUSE_WRITE, 2000, 999);
    assert.ok((attention.pauseAt(1999) & PAUSE_ALL) !== 0);
    attention.pause(PAUSE_WRITE, 2500, 2000);
    assert.ok(isOf(PAUSE_WRITE, attention.pauseAt(2000)), 'the one before was over');
  });

  it('is told from the one before, however many there have been', () => {
    const attention = new Attention(createAttentionShared());
    let before = 0;
    for (let count = 0; count < 5000; count++) {
      attention.pause(PAUSE_WRITE, 1000, 0);
      const pause = attention.pauseAt(0);
      assert.notEqual(pause, before);
      before = pause;
      if (count % 3 === 0) attention.unpause();
    }
  });

  it('does not disturb the count of clients in MONITOR mode, nor they the pause', () => {
    const attention = new Attention(createAttentionShared());
    attention.countMonitor(1);
    attention.pause(PAUSE_ALL, 1000, 0);
    attention.countMonitor(1);
    assert.equal(attention.monitorCount(), 2);
    attention.unpause();
    assert.equal(attention.monitorCount(), 2);
    assert.equal(attention.pauseAt(0), 0);
    attention.countMonitor(-1);
    attention.countMonitor(-1);
    assert.equal(attention.words[0], 0);
  });
});

describe('during a pause', () => {
  it('of writes, reads are executed and writes are not', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    engine.say('CLIENT PAUSE 1000 WRITE');
    engine.talk([
      ['GET a', '$1 1'],
      ['SET a', "-ERR wrong number of arguments for 'set' command"],
      ['nosuch', "-ERR unknown command 'nosuch', with args beginning with: "],
    ]);
    const { commands } = engine.client;
    for (const line of ['SET a 2', 'DEL a', 'FLUSHALL', 'EXPIRE a 1', 'PFCOUNT a']) {
      assert.equal(outcome(engine, line), POSTPONED, line);
    }
    assert.equal(engine.takeReply(), '');
    assert.equal(engine.client.commands, commands, 'none of them has run');
    engine.say('CLIENT UNPAUSE');
    engine.talk([
      ['SET a 2', '+OK'],
      ['GET a', '$1 2'],
    ]);
  });

  it('of everything, only what is wrong in itself is answered', () => {
    const engine = new TestEngine();
    engine.say('CLIENT PAUSE 1000');
    for (const line of ['PING', 'GET a', 'CLIENT UNPAUSE', 'CLIENT PAUSE 5 WRITE', 'INFO']) {
      assert.equal(outcome(engine, line), POSTPONED, line);
    }
    engine.talk([['GET', "-ERR wrong number of arguments for 'get' command"]]);
    engine.now = START_MS + 1000;
    engine.talk([['PING', '+PONG']]);
  });

  it('a client that has not authenticated is told so at once', () => {
    const engine = new TestEngine();
    engine.say('CLIENT PAUSE 1000');
    engine.config.apply([['requirepass', 'secret']]);
    engine.client.authenticated = false;
    engine.talk([['SET a 1', `-${errors.AUTHENTICATION_REQUIRED}`]]);
  });

  it('keys whose time is over are gone for readers, but not deleted', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SET a 1 PX 100');
    engine.say('CLIENT PAUSE 1000 WRITE');
    engine.now = START_MS + 200;
    engine.talk([
      ['GET a', '$-1'],
      ['EXISTS a', ':0'],
      ['TTL a', ':-2'],
      ['DBSIZE', ':1'],
      ['CLIENT UNPAUSE', '+OK'],
      ['GET a', '$-1'],
      ['DBSIZE', ':0'],
    ]);
  });

  it('a reply that is to be skipped is that of the command that waits', () => {
    const engine = new TestEngine();
    engine.talk([['CLIENT PAUSE 1000 WRITE', '+OK']]);
    engine.talk([['CLIENT REPLY SKIP', '']]);
    assert.equal(outcome(engine, 'SET a 1'), POSTPONED);
    assert.equal(outcome(engine, 'SET a 1'), POSTPONED);
    engine.now = START_MS + 1000;
    engine.talk([
      ['SET a 1', ''],
      ['PING', '+PONG'],
    ]);
  });
});

describe('a client that does not touch', () => {
  it('is one for every command but TOUCH', () => {
    const engine = new TestEngine();
    const seen: boolean[] = [];
    const { clock } = engine.keyspace;
    const touch = clock.touch.bind(clock);
    clock.touch = (...entry) => {
      seen.push(true);
      touch(...entry);
    };
    engine.say('SET a 1');
    const count = (line: string): number => {
      seen.length = 0;
      assert.equal(outcome(engine, line), DONE);
      return seen.length;
    };
    assert.equal(count('GET a'), 1);
    engine.say('CLIENT NO-TOUCH ON');
    assert.equal(count('GET a'), 0);
    assert.equal(count('TOUCH a'), 1);
    engine.say('CLIENT NO-TOUCH OFF');
    assert.equal(count('GET a'), 1);
  });
});
