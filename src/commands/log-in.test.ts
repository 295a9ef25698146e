import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAILURES_FREE, FORGOTTEN_AFTER_SECONDS } from '../engine/auth-failures.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { SUSPENDED } from '../engine/executor.js';

const WRONG = `-${errors.WRONG_PASSWORD}`;
const DELAY_MS = 1000;

/** An engine with a user eve, whose password is x, and adam, who is off. */
async function engineWithUsers(): Promise<TestEngine> {
  const engine = new TestEngine();
  await engine.sayLater('ACL SETUSER eve on >x >y ~e +@all');
  await engine.sayLater('ACL SETUSER adam off >x');
  return engine;
}

/** The AUTH that is waiting now goes on. */
function endWait(engine: TestEngine): void {
  engine.clock.move(DELAY_MS);
  engine.waits.end('timeout');
}

describe('AUTH with a user', () => {
  it('takes any of its passwords, and the client is that user until RESET', async () => {
    const engine = await engineWithUsers();
    engine.talk([
      ['AUTH eve x', '+OK'],
      ['ACL WHOAMI', '$3 eve'],
      ['GET f', `-${errors.KEY_NOT_PERMITTED}`],
      ['AUTH eve y', '+OK'],
      ['AUTH default anything', '+OK'],
      ['GET f', '$-1'],
      ['AUTH eve x', '+OK'],
      ['RESET', '+RESET'],
      ['ACL WHOAMI', '$7 default'],
      ['GET f', '$-1'],
    ]);
  });

  it('refuses wrong passwords, users that are off and those that there are not, all with the same words', async () => {
    const engine = await engineWithUsers();
    engine.talk([
      ['AUTH eve z', WRONG],
      ['AUTH adam x', WRONG],
      ['AUTH nobody x', WRONG],
      ['AUTH EVE x', WRONG],
      ['HELLO 3 AUTH eve z', WRONG],
      ['ACL WHOAMI', '$7 default'],
      ['HELLO 2 AUTH nobody x', WRONG],
    ]);
    assert.equal(engine.run('AUTH', '', ''), `${WRONG}\r\n`);
    assert.equal(engine.client.protocol, 2);
  });

  it('is asked of everybody who comes when the default user is off', async () => {
    const engine = await engineWithUsers();
    const early = engine.connect();
    await engine.sayLater('ACL SETUSER default off');
    const late = engine.connect();
    assert.equal(engine.runAs(early, 'PING'), '+PONG\r\n');
    assert.equal(engine.runAs(late, 'PING'), `-${errors.AUTHENTICATION_REQUIRED}\r\n`);
    assert.equal(engine.runAs(late, 'AUTH', 'x'), `-${errors.NO_PASSWORD_SET}\r\n`);
    assert.equal(engine.runAs(late, 'AUTH', 'default', 'x'), `${WRONG}\r\n`);
    assert.equal(engine.runAs(late, 'AUTH', 'eve', 'x'), '+OK\r\n');
    assert.equal(engine.runAs(late, 'PING'), '+PONG\r\n');
  });
});

describe('guessing', () => {
  it('is slowed after ten failures, for a right password as well, and for HELLO', async () => {
    const engine = await engineWithUsers();
    for (let guess = 0; guess < FAILURES_FREE; guess++) assert.equal(engine.say('AUTH eve guess'), WRONG);
    for (const [line, reply] of [
      ['AUTH eve guess', /^-WRONGPASS/],
      ['AUTH eve x', /^\+OK$/],
      ['HELLO 3 AUTH eve guess', /^-WRONGPASS/],
      ['HELLO 2 AUTH eve y', /^\*14 \$6 server/],
    ] as const) {
      const late = engine.sayLater(line);
      assert.equal(engine.waits.timeoutsMs.at(-1), DELAY_MS, line);
      endWait(engine);
      assert.match(await late, reply, line);
    }
    assert.equal(engine.say('ACL WHOAMI'), '$3 eve');
  });

  it('is of no use to who ends the wait early', async () => {
    const engine = await engineWithUsers();
    for (let guess = 0; guess < FAILURES_FREE; guess++) engine.say('AUTH eve guess');
    const late = engine.sayLater('AUTH eve x');
    engine.clock.move(DELAY_MS / 2);
    engine.waits.end('unblocked');
    await new Promise(setImmediate);
    const restMs = engine.waits.timeoutsMs.at(-1) ?? 0;
    assert.ok(restMs > 0 && restMs <= DELAY_MS / 2, `${restMs} ms`);
    endWait(engine);
    assert.equal(await late, '+OK');
  });

  it('is forgotten a minute after the last failure, and costs nobody at another address anything', async () => {
    const engine = await engineWithUsers();
    const other = Object.assign(engine.connect(), { address: '10.0.0.9:1' });
    for (let guess = 0; guess < FAILURES_FREE; guess++) engine.say('AUTH eve guess');
    assert.equal(engine.execute(engine.client, ['AUTH', 'eve', 'x']), SUSPENDED);
    engine.client.pending = undefined;
    assert.equal(engine.runAs(other, 'AUTH', 'eve', 'x'), '+OK\r\n');
    engine.clock.move((FORGOTTEN_AFTER_SECONDS + 1) * 1000);
    assert.equal(engine.say('AUTH eve x'), '+OK');
  });

  it('is not slowed with auth-delay 0, nor within the process', async () => {
    const engine = await engineWithUsers();
    for (let guess = 0; guess < FAILURES_FREE; guess++) engine.say('AUTH eve guess');
    engine.config.apply([['auth-delay', '0']]);
    assert.equal(engine.say('AUTH eve x'), '+OK');
    engine.config.apply([['auth-delay', '5']]);
    const inside = Object.assign(engine.connect(), { address: 'in-process:1' });
    for (let guess = 0; guess <= FAILURES_FREE; guess++) {
      assert.equal(engine.runAs(inside, 'AUTH', 'eve', 'guess'), `${WRONG}\r\n`);
    }
  });
});
