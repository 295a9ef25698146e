import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';

const SYNTAX = `-${errors.SYNTAX}`;
const WRONG_PASSWORD = `-${errors.WRONG_PASSWORD}`;

/** An engine that asks for a password, and a client that has not given it. */
function lockedEngine(): TestEngine {
  const engine = new TestEngine();
  engine.config.apply([['requirepass', 'secret']]);
  engine.client.authenticated = false;
  return engine;
}

/** What HELLO says, between the header of its map and that of the array at its end. */
const greeting = (start: string, protocol: number, end: string): string =>
  `${start} $6 server $5 redis $7 version $6 7.0.15 $5 proto :${protocol} $2 id :1 $4 mode $10 standalone ` +
  `$4 role $6 master $7 modules ${end}`;

describe('PING, ECHO, SELECT and QUIT', () => {
  it('answer', () => {
    const engine = new TestEngine({ databaseCount: 3 });
    engine.talk([
      ['PING', '+PONG'],
      ['PING hello', '$5 hello'],
      ['PING a b', "-ERR wrong number of arguments for 'ping' command"],
      ['ECHO hello', '$5 hello'],
      ['SELECT 2', '+OK'],
      ['SELECT 3', `-${errors.DATABASE_INDEX}`],
      ['SELECT -1', `-${errors.DATABASE_INDEX}`],
      ['SELECT abc', `-${errors.NOT_AN_INTEGER}`],
      ['SELECT 2147483648', '-ERR value is out of range, value must between -2147483648 and 2147483647'],
      [
        'SELECT 9223372036854775807',
        '-ERR value is out of range, value must between -2147483648 and 2147483647',
      ],
      ['SELECT 9223372036854775808', `-${errors.NOT_AN_INTEGER}`],
      ['QUIT', '+OK'],
    ]);
    assert.equal(engine.client.database, 2);
  });
});

describe('AUTH', () => {
  it('takes the password, alone or with the default user', () => {
    for (const line of ['AUTH secret', 'AUTH default secret']) {
      const engine = lockedEngine();
      engine.talk([
        ['AUTH wrong', WRONG_PASSWORD],
        ['AUTH secret2', WRONG_PASSWORD],
        ['AUTH somebody secret', WRONG_PASSWORD],
        ['AUTH default wrong', WRONG_PASSWORD],
        ['AUTH default secret more', SYNTAX],
        ['PING', `-${errors.AUTHENTICATION_REQUIRED}`],
        [line, '+OK'],
        ['PING', '+PONG'],
        ['AUTH wrong', WRONG_PASSWORD],
        ['PING', '+PONG'],
      ]);
    }
  });

  it('says when there is no password to give', () => {
    new TestEngine().talk([
      ['AUTH anything', `-${errors.NO_PASSWORD_SET}`],
      ['AUTH default anything', '+OK'],
      ['AUTH somebody anything', WRONG_PASSWORD],
    ]);
  });

  it('compares the bytes of a password', () => {
    const engine = lockedEngine();
    engine.config.apply([['requirepass', 'pässword']]);
    assert.equal(engine.run('AUTH', Buffer.from('pässword', 'latin1')), `${WRONG_PASSWORD}\r\n`);
    assert.equal(engine.run('AUTH', 'pässword'), '+OK\r\n');
  });
});

describe('HELLO', () => {
  it('greets in the protocol that is asked for, and stays with it', () => {
    const engine = new TestEngine();
    engine.talk([
      ['HELLO', greeting('*14', 2, '*0')],
      ['HELLO 3', greeting('%7', 3, '*0')],
      ['GET nothing', '_'],
      ['HELLO', greeting('%7', 3, '*0')],
      ['HELLO 2', greeting('*14', 2, '*0')],
      ['GET nothing', '$-1'],
    ]);
  });

  it('takes a text connection to RESP', () => {
    const engine = new TestEngine();
    const client = engine.connect(PROTOCOL_TEXT);
    assert.ok(engine.runAs(client, 'HELLO', '3').startsWith('%7\r\n'));
    assert.equal(client.protocol, PROTOCOL_RESP3);
  });

  it('refuses what it does not know, and changes nothing then', () => {
    const engine = new TestEngine();
    engine.talk([
      ['HELLO 1', `-${errors.PROTOCOL_VERSION}`],
      ['HELLO 4', `-${errors.PROTOCOL_VERSION}`],
      ['HELLO abc', `-${errors.PROTOCOL_VERSION_NOT_AN_INTEGER}`],
      ['HELLO 3 nope', "-ERR Syntax error in HELLO option 'nope'"],
      ['HELLO 3 AUTH default', "-ERR Syntax error in HELLO option 'AUTH'"],
      ['HELLO 3 SETNAME', "-ERR Syntax error in HELLO option 'SETNAME'"],
      ['GET nothing', '$-1'],
      ['CLIENT GETNAME', '$-1'],
    ]);
    assert.equal(engine.run('HELLO', '3', 'SETNAME', 'a b'), `-${errors.CLIENT_NAME}\r\n`);
    assert.equal(engine.client.protocol, 2);
  });

  it('names the connection whatever comes of the rest, as Redis does', () => {
    const engine = lockedEngine();
    engine.talk([
      ['HELLO 3 SETNAME early AUTH default wrong', WRONG_PASSWORD],
      ['AUTH secret', '+OK'],
      ['CLIENT GETNAME', '$5 early'],
    ]);
    assert.equal(
      engine.run('HELLO', '3', 'SETNAME', 'a b', 'AUTH', 'default', 'wrong'),
      `-${errors.CLIENT_NAME}\r\n`,
    );
  });

  it('wants authentication from a client that has come before the password was removed', () => {
    const engine = lockedEngine();
    engine.config.apply([['requirepass', '']]);
    engine.talk([
      ['PING', '+PONG'],
      ['HELLO', `-${errors.AUTHENTICATION_REQUIRED_HELLO}`],
      ['HELLO 2 AUTH default anything', greeting('*14', 2, '*0')],
    ]);
  });

  it('authenticates and names the connection', () => {
    const engine = lockedEngine();
    engine.talk([
      ['HELLO', `-${errors.AUTHENTICATION_REQUIRED_HELLO}`],
      ['HELLO 3', `-${errors.AUTHENTICATION_REQUIRED_HELLO}`],
      ['HELLO 3 AUTH default wrong', WRONG_PASSWORD],
      ['HELLO 3 AUTH somebody secret', WRONG_PASSWORD],
      ['PING', `-${errors.AUTHENTICATION_REQUIRED}`],
      ['HELLO 3 AUTH default secret SETNAME me', greeting('%7', 3, '*0')],
      ['CLIENT GETNAME', '$2 me'],
    ]);
  });
});

describe('RESET', () => {
  it('makes the connection what it was at first', () => {
    const engine = lockedEngine();
    engine.talk([['HELLO 3 AUTH default secret SETNAME me', greeting('%7', 3, '*0')]]);
    engine.talk([
      ['SELECT 1', '+OK'],
      ['CLIENT SETINFO LIB-NAME crab', '+OK'],
      ['CLIENT NO-EVICT ON', '+OK'],
      ['CLIENT NO-TOUCH ON', '+OK'],
      ['MONITOR', '+OK'],
      ['CLIENT REPLY OFF', ''],
      ['RESET', '+RESET'],
      ['GET nothing', `-${errors.AUTHENTICATION_REQUIRED}`],
      ['AUTH secret', '+OK'],
      ['GET nothing', '$-1'],
      ['CLIENT GETNAME', '$-1'],
    ]);
    const { client } = engine;
    assert.deepEqual(
      [client.database, client.isSpared, client.attention, client.libraryName, engine.monitors.clients.size],
      [0, false, 0, 'crab', 0],
    );
  });

  it('needs no password and takes no arguments', () => {
    lockedEngine().talk([
      ['RESET', '+RESET'],
      ['RESET x', "-ERR wrong number of arguments for 'reset' command"],
    ]);
  });

  it('is not answered when it is the command that CLIENT REPLY SKIP was about', () => {
    new TestEngine().talk([
      ['CLIENT REPLY SKIP', ''],
      ['RESET', ''],
      ['PING', '+PONG'],
    ]);
  });

  it('leaves a text connection one', () => {
    const engine = new TestEngine();
    const client = engine.connect(PROTOCOL_TEXT);
    assert.equal(engine.runAs(client, 'RESET'), 'RESET\r\n');
    assert.equal(client.protocol, PROTOCOL_TEXT);
  });
});
