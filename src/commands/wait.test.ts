import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import type { WaitEnd } from '../engine/services.js';
import { LogControl } from '../engine/wal/log-control.js';

/** What is replied to a line that waits, once the wait has ended in this way. */
async function afterWait(engine: TestEngine, line: string, end: WaitEnd): Promise<string> {
  const reply = engine.sayLater(line);
  engine.waits.end(end);
  return await reply;
}

describe('WAIT', () => {
  it('replies at once when no replicas are asked for, since there are none', () => {
    new TestEngine().talk([
      ['WAIT 0 0', ':0'],
      ['WAIT -1 1000', ':0'],
      ['WAIT -9223372036854775808 9223372036854775807', ':0'],
    ]);
  });

  it('waits for its time to be over when some are', async () => {
    const engine = new TestEngine();
    assert.equal(await afterWait(engine, 'WAIT 1 250', 'timeout'), ':0');
    assert.equal(await afterWait(engine, 'WAIT 9223372036854775807 0', 'timeout'), ':0');
    assert.deepEqual(engine.waits.timeoutsMs, [250, 0]);
    assert.equal(engine.waits.isReady, undefined);
    assert.equal(await afterWait(engine, 'WAIT 1 0', 'unblocked'), `-${errors.UNBLOCKED}`);
  });

  it('says what is wrong with its arguments', () => {
    new TestEngine().talk([
      ['WAIT x -1', `-${errors.NOT_AN_INTEGER}`],
      ['WAIT 0 x', `-${errors.TIMEOUT_NOT_AN_INTEGER}`],
      ['WAIT 0 -1', `-${errors.TIMEOUT_NEGATIVE}`],
      ['WAIT 0 -9223372036854775808', `-${errors.TIMEOUT_NEGATIVE}`],
      ['WAIT 0', "-ERR wrong number of arguments for 'wait' command"],
    ]);
  });
});

describe('WAITAOF', () => {
  it('waits until what the client has written is synced', async () => {
    const engine = new TestEngine({ logs: true });
    const control = new LogControl(engine.logShared);
    engine.say('SET a 1');
    const reply = engine.sayLater('WAITAOF 1 0 500');
    assert.deepEqual(engine.waits.timeoutsMs, [500]);
    assert.equal(engine.waits.isReady?.(), false);
    control.publishDurable(engine.client.waitLsn - 8);
    assert.equal(engine.waits.isReady?.(), false);
    control.publishDurable(engine.client.waitLsn);
    assert.equal(engine.waits.isReady?.(), true);
    engine.waits.end('ready');
    assert.equal(await reply, '*2 :1 :0');
    engine.talk([
      ['WAITAOF 1 0 0', '*2 :1 :0'],
      ['WAITAOF 0 0 0', '*2 :1 :0'],
    ]);
  });

  it('replies how far it has come when its time is over', async () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SET a 1');
    assert.equal(engine.say('WAITAOF 0 0 0'), '*2 :0 :0');
    assert.equal(await afterWait(engine, 'WAITAOF 1 0 500', 'timeout'), '*2 :0 :0');
    assert.equal(await afterWait(engine, 'WAITAOF 1 0 500', 'unblocked'), `-${errors.UNBLOCKED}`);
    new LogControl(engine.logShared).publishDurable(engine.log.tail());
    // Replicas there are none, so that nothing but the time ends this.
    assert.equal(await afterWait(engine, 'WAITAOF 0 1 500', 'timeout'), '*2 :1 :0');
    assert.equal(engine.waits.isReady, undefined);
  });

  it('does not wait for a log that has failed', async () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SET a 1');
    const reply = engine.sayLater('WAITAOF 1 0 0');
    assert.equal(engine.waits.isReady?.(), false);
    engine.breakLog();
    assert.equal(engine.waits.isReady?.(), true);
    engine.waits.end('ready');
    assert.equal(await reply, `-${errors.LOG_FAILED}`);
  });

  it('says what is wrong with its arguments, and that there is no log', () => {
    new TestEngine().talk([
      ['WAITAOF x -1 -1', `-${errors.NOT_AN_INTEGER}`],
      ['WAITAOF 2 -1 -1', `-${errors.LOCAL_RANGE}`],
      ['WAITAOF -1 0 0', `-${errors.LOCAL_RANGE}`],
      ['WAITAOF 0 -1 -1', `-${errors.MUST_BE_POSITIVE}`],
      ['WAITAOF 0 x -1', `-${errors.MUST_BE_POSITIVE}`],
      ['WAITAOF 0 0 -1', `-${errors.TIMEOUT_NEGATIVE}`],
      ['WAITAOF 0 0 x', `-${errors.TIMEOUT_NOT_AN_INTEGER}`],
      ['WAITAOF 1 0 0', `-${errors.WAITAOF_WITHOUT_LOG}`],
      ['WAITAOF 0 0 0', '*2 :0 :0'],
    ]);
  });
});
