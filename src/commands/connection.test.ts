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
  const greeting = (start: string, protocol: number, end: string): string =>
    `${start} $6 server $5 redis $7 version $6 7.0.15 $5 proto :${protocol} $2 id :1 $4 mode $10 standalone ` +
    `$4 role $6 master $7 modules ${end}`;

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

describe('CLIENT', () => {
  it('knows its id and name', () => {
    const engine = new TestEngine();
    engine.talk([
      ['CLIENT ID', ':1'],
      ['CLIENT GETNAME', '$-1'],
      ['CLIENT SETNAME me', '+OK'],
      ['CLIENT GETNAME', '$2 me'],
    ]);
    assert.equal(engine.run('CLIENT', 'SETNAME', 'a b'), `-${errors.CLIENT_NAME}\r\n`);
    assert.equal(engine.run('CLIENT', 'SETNAME', 'a\n'), `-${errors.CLIENT_NAME}\r\n`);
    assert.equal(engine.run('CLIENT', 'SETNAME', ''), '+OK\r\n');
    assert.equal(engine.say('CLIENT GETNAME'), '$-1');
    assert.equal(engine.runAs(engine.connect(), 'CLIENT', 'ID'), ':2\r\n');
  });

  it('is told the library', () => {
    const engine = new TestEngine();
    engine.talk([
      ['CLIENT SETINFO LIB-NAME crab', '+OK'],
      ['CLIENT SETINFO lib-ver 1.2', '+OK'],
      ['CLIENT SETINFO nope x', "-ERR Unrecognized option 'nope'"],
    ]);
    assert.equal(engine.client.libraryName, 'crab');
    assert.equal(engine.client.libraryVersion, '1.2');
    assert.match(engine.run('CLIENT', 'SETINFO', 'LIB-NAME', 'a b'), /^-ERR LIB-NAME cannot contain spaces/);
  });

  it('lists connections, those that are asked for', async () => {
    const engine = new TestEngine();
    engine.control.clients = 'id=1\nid=2\n';
    for (const [line, filter] of [
      ['CLIENT LIST', {}],
      ['CLIENT INFO', { ids: [1] }],
      ['CLIENT LIST TYPE normal', { type: 'normal' }],
      ['CLIENT LIST TYPE slave', { type: 'replica' }],
      ['CLIENT LIST ID 1 2 3', { ids: [1, 2, 3] }],
    ] as const) {
      assert.equal(await engine.sayLater(line), '$10 id=1\nid=2\n', line);
      assert.deepEqual(engine.control.calls.pop(), ['listClients', filter]);
    }
    engine.client.protocol = PROTOCOL_RESP3;
    assert.equal(await engine.sayLater('CLIENT LIST'), '=14 txt:id=1\nid=2\n');
    engine.talk([
      ['CLIENT LIST nope', SYNTAX],
      ['CLIENT LIST ID', SYNTAX],
      ['CLIENT LIST TYPE', SYNTAX],
      ['CLIENT LIST TYPE nope', "-ERR Unknown client type 'nope'"],
      ['CLIENT LIST ID abc', `-${errors.CLIENT_ID_INVALID}`],
      ['CLIENT LIST ID -1', `-${errors.CLIENT_ID_INVALID}`],
    ]);
  });

  it('closes connections, its own only when it says so', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('CLIENT KILL 127.0.0.1:1'), `-${errors.NO_SUCH_CLIENT}`);
    engine.control.killed = 3;
    assert.equal(await engine.sayLater('CLIENT KILL 127.0.0.1:1'), '+OK');
    assert.deepEqual(engine.control.calls.pop(), ['killClients', { address: '127.0.0.1:1' }]);
    for (const [options, filter] of [
      ['ID 5', { ids: [5], except: 1 }],
      ['ADDR 127.0.0.1:1 SKIPME no', { address: '127.0.0.1:1' }],
      ['LADDR 127.0.0.1:3000 TYPE normal', { localAddress: '127.0.0.1:3000', type: 'normal', except: 1 }],
      ['USER default SKIPME yes', { user: 'default', except: 1 }],
      ['MAXAGE 60', { maxAgeSeconds: 60, except: 1 }],
    ] as const) {
      assert.equal(await engine.sayLater(`CLIENT KILL ${options}`), ':3', options);
      assert.deepEqual(engine.control.calls.pop(), ['killClients', filter]);
    }
    engine.talk([
      ['CLIENT KILL ID 0', `-${errors.CLIENT_ID_RANGE}`],
      ['CLIENT KILL ID abc', `-${errors.CLIENT_ID_RANGE}`],
      ['CLIENT KILL TYPE nope', "-ERR Unknown client type 'nope'"],
      ['CLIENT KILL USER nobody', "-ERR No such user 'nobody'"],
      ['CLIENT KILL SKIPME maybe', SYNTAX],
      ['CLIENT KILL ID 5 ADDR', SYNTAX],
      ['CLIENT KILL nope 5', SYNTAX],
      ['CLIENT KILL', "-ERR wrong number of arguments for 'client|kill' command"],
    ]);
  });

  it('helps', () => {
    assert.match(
      new TestEngine().say('CLIENT HELP'),
      /^\*\d+ \+CLIENT <subcommand> .* \+HELP \+ {4}Print this help\.$/,
    );
  });
});
