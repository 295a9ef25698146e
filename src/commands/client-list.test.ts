import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import type { ClientFilter } from '../engine/services.js';

const SYNTAX = `-${errors.SYNTAX}`;
const ID_INVALID = `-${errors.CLIENT_ID_INVALID}`;
const ID_RANGE = `-${errors.CLIENT_ID_RANGE}`;

/** What the options of LIST and KILL mean. */
const FILTERS: readonly (readonly [options: string, filter: ClientFilter])[] = [
  ['TYPE normal', { type: 'normal' }],
  ['TYPE SLAVE', { type: 'replica' }],
  ['ID 1', { ids: [1] }],
  ['ID 1 2 3', { ids: [1, 2, 3] }],
  ['ID 1 2 TYPE pubsub', { ids: [1, 2], type: 'pubsub' }],
  ['ADDR 127.0.0.1:1', { address: '127.0.0.1:1' }],
  ['laddr 127.0.0.1:3000 type master', { localAddress: '127.0.0.1:3000', type: 'master' }],
  ['IP ::1', { ip: '::1' }],
  ['USER default', { user: 'default' }],
  ['NAME me FLAGS be', { name: 'me', flags: 'be' }],
  ['LIB-NAME crab LIB-VER 1.2', { libraryName: 'crab', libraryVersion: '1.2' }],
  ['DB 1', { database: 1 }],
  ['MAXAGE 60 IDLE 5', { maxAgeSeconds: 60, idleSeconds: 5 }],
  ['NOT-ID 1 2 NOT-ADDR a:1', { not: { ids: [1, 2], address: 'a:1' } }],
  ['NOT-LADDR a:1 not-ip 1.2.3.4', { not: { localAddress: 'a:1', ip: '1.2.3.4' } }],
  ['NOT-TYPE pubsub NOT-USER default', { not: { type: 'pubsub', user: 'default' } }],
  ['NOT-NAME me NOT-FLAGS N NOT-DB 0', { not: { name: 'me', flags: 'N', database: 0 } }],
  ['NOT-LIB-NAME a NOT-LIB-VER b', { not: { libraryName: 'a', libraryVersion: 'b' } }],
  ['NAME a NOT-NAME b', { name: 'a', not: { name: 'b' } }],
];

/** Options that LIST and KILL refuse with the same error. */
const REFUSED: readonly (readonly [options: string, error: string])[] = [
  ['TYPE nope', "-ERR Unknown client type 'nope'"],
  ['NOT-TYPE nope', "-ERR Unknown client type 'nope'"],
  ['USER nobody', "-ERR No such user 'nobody'"],
  ['NOT-USER nobody', "-ERR No such user 'nobody'"],
  ['FLAGS bz', '-ERR Unknown flags found in the provided filter: bz'],
  ['NOT-FLAGS z', '-ERR Unknown flags found in the NOT-FLAGS filter: z'],
  ['DB x', '-ERR DB is not an integer or out of range'],
  ['DB 2', '-ERR DB number should be between 0 and 1'],
  ['NOT-DB -1', '-ERR NOT-DB number should be between 0 and 1'],
  ['MAXAGE x', '-ERR maxage is not an integer or out of range'],
  ['MAXAGE 0', '-ERR maxage should be greater than 0'],
  ['IDLE -5', '-ERR idle should be greater than 0'],
  ['IDLE 99999999999999999999', '-ERR idle is not an integer or out of range'],
  ['SKIPME maybe', SYNTAX],
  ['NOT-SKIPME yes', SYNTAX],
  ['NOT-MAXAGE 5', SYNTAX],
  ['nope 5', SYNTAX],
  ['TYPE normal ADDR', SYNTAX],
];

describe('CLIENT LIST', () => {
  it('lists connections, those that are asked for', async () => {
    const engine = new TestEngine();
    engine.control.clients = 'id=1\nid=2\n';
    for (const [line, filter] of [
      ['CLIENT LIST', {}],
      ['CLIENT INFO', { ids: [1] }],
      ['CLIENT LIST SKIPME yes', { except: 1 }],
      ['CLIENT LIST SKIPME no', {}],
      ...FILTERS.map(([options, meant]) => [`CLIENT LIST ${options}`, meant] as const),
    ] as const) {
      assert.equal(await engine.sayLater(line), '$10 id=1\nid=2\n', line);
      assert.deepEqual(engine.control.calls.pop(), ['listClients', filter]);
    }
    engine.client.protocol = PROTOCOL_RESP3;
    assert.equal(await engine.sayLater('CLIENT LIST'), '=14 txt:id=1\nid=2\n');
  });

  it('refuses what it does not know', () => {
    new TestEngine().talk([
      ...REFUSED.map(([options, error]) => [`CLIENT LIST ${options}`, error] as const),
      ['CLIENT LIST nope', SYNTAX],
      ['CLIENT LIST ID', SYNTAX],
      ['CLIENT LIST TYPE', SYNTAX],
      ['CLIENT LIST ID abc', ID_INVALID],
      ['CLIENT LIST ID 1 abc', ID_INVALID],
      ['CLIENT LIST ID 1 ADDR', ID_INVALID],
      ['CLIENT LIST ID 1 abc 2', ID_INVALID],
      ['CLIENT LIST ID 99999999999999999999', ID_INVALID],
      ['CLIENT LIST NOT-ID abc', ID_INVALID],
    ]);
  });

  it('takes any integer for an id', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('CLIENT LIST ID 0 -1 9223372036854775807'), '$0 ');
  });
});

describe('CLIENT KILL', () => {
  it('closes connections, its own only when it says so', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('CLIENT KILL 127.0.0.1:1'), `-${errors.NO_SUCH_CLIENT}`);
    engine.control.killed = 3;
    assert.equal(await engine.sayLater('CLIENT KILL 127.0.0.1:1'), '+OK');
    assert.deepEqual(engine.control.calls.pop(), ['killClients', { address: '127.0.0.1:1' }]);
    for (const [options, filter] of FILTERS) {
      assert.equal(await engine.sayLater(`CLIENT KILL ${options}`), ':3', options);
      assert.deepEqual(engine.control.calls.pop(), ['killClients', { ...filter, except: 1 }]);
      await engine.sayLater(`CLIENT KILL ${options} SKIPME no`);
      assert.deepEqual(engine.control.calls.pop(), ['killClients', filter]);
    }
  });

  it('refuses what it does not know', () => {
    new TestEngine().talk([
      ...REFUSED.map(([options, error]) => [`CLIENT KILL ${options}`, error] as const),
      ['CLIENT KILL ID 0', ID_RANGE],
      ['CLIENT KILL ID -9223372036854775808', ID_RANGE],
      ['CLIENT KILL ID abc', ID_RANGE],
      ['CLIENT KILL ID 1 0', ID_RANGE],
      ['CLIENT KILL ID 1 abc', SYNTAX],
      ['CLIENT KILL ID 1 ADDR', SYNTAX],
      ['CLIENT KILL', "-ERR wrong number of arguments for 'client|kill' command"],
    ]);
  });
});

describe('CLIENT UNBLOCK', () => {
  it('ends a wait as if its time were over, or with an error', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('CLIENT UNBLOCK 5'), ':0');
    engine.control.unblocks = true;
    for (const [options, asError] of [
      ['', false],
      [' TIMEOUT', false],
      [' error', true],
    ] as const) {
      assert.equal(await engine.sayLater(`CLIENT UNBLOCK 5${options}`), ':1');
      assert.deepEqual(engine.control.calls.pop(), ['unblockClient', { id: 5, asError }]);
    }
  });

  it('checks the reason, then the id', () => {
    new TestEngine().talk([
      ['CLIENT UNBLOCK', "-ERR wrong number of arguments for 'client|unblock' command"],
      ['CLIENT UNBLOCK x nope', `-${errors.UNBLOCK_REASON}`],
      ['CLIENT UNBLOCK x', `-${errors.NOT_AN_INTEGER}`],
      [
        'CLIENT UNBLOCK 5 ERROR x',
        "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.",
      ],
    ]);
  });
});
