import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MONITORS, NO_TOUCH } from '../engine/attention.js';
import { Client } from '../engine/client.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';
import type { ClientFilter } from '../engine/services.js';
import { type ClientState, clientLine, matchesFilter } from './clients.js';

const NOW_MS = 1_700_000_000_000;

/** A client that has been there for ten seconds and silent for three; `changes` come after that. */
function state(changes: Partial<ClientState> = {}, change: (client: Client) => void = () => {}): ClientState {
  const client = new Client(7, '127.0.0.1:50000', '127.0.0.1:3000', NOW_MS - 10_900, PROTOCOL_RESP3, true);
  client.lastInteractionMs = NOW_MS - 3000;
  change(client);
  return {
    client,
    inputBytes: 0,
    inputBufferBytes: 0,
    outputBytes: 0,
    bufferBytes: 0,
    receivedBytes: 0,
    repliedBytes: 0,
    isClosing: false,
    isGone: false,
    ...changes,
  };
}

function flagsOf(subject: ClientState): string {
  return /flags=(\S+)/.exec(clientLine(subject, NOW_MS))?.[1] ?? '';
}

test("a client's line has the fields of Redis, in their order", () => {
  const subject = state(
    {
      inputBytes: 5,
      inputBufferBytes: 64,
      outputBytes: 9,
      bufferBytes: 73,
      receivedBytes: 100,
      repliedBytes: 200,
    },
    (client) => {
      Object.assign(client, { name: 'me', database: 2, lastCommand: 'client|list', commands: 3 });
      Object.assign(client, { libraryName: 'crab', libraryVersion: '1.2' });
    },
  );
  assert.equal(
    clientLine(subject, NOW_MS),
    'id=7 addr=127.0.0.1:50000 laddr=127.0.0.1:3000 fd=-1 name=me age=10 idle=3 flags=N db=2 sub=0 psub=0 ssub=0 multi=-1 ' +
      'qbuf=5 qbuf-free=59 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=1 omem=9 tot-mem=73 events=rw cmd=client|list ' +
      'user=default redir=-1 resp=3 lib-name=crab lib-ver=1.2 tot-net-in=100 tot-net-out=200 tot-cmds=3',
  );
  const plain = clientLine(
    state({}, (client) => {
      client.protocol = PROTOCOL_TEXT;
    }),
    NOW_MS,
  );
  assert.match(plain, / oll=0 omem=0 tot-mem=0 events=r cmd=NULL user=default redir=-1 resp=2 lib-name= /);
});

test('flags say what is special about a client', () => {
  const unix = new Client(1, '/run/crab.sock:0', '/run/crab.sock:0', NOW_MS, PROTOCOL_RESP3, true);
  assert.equal(flagsOf(state()), 'N');
  assert.equal(flagsOf(state({ client: unix })), 'U');
  assert.equal(flagsOf(state({ isClosing: true })), 'c');
  assert.equal(flagsOf(state({ isGone: true })), 'A');
  const all = state({ client: unix, isClosing: true, isGone: true });
  unix.attention = NO_TOUCH | MONITORS;
  unix.isSpared = true;
  unix.isBlocked = true;
  assert.equal(flagsOf(all), 'ObcAUeT');
});

const MATCHING: readonly ClientFilter[] = [
  {},
  { ids: [1, 7] },
  { address: '127.0.0.1:50000', localAddress: '127.0.0.1:3000' },
  { ip: '127.0.0.1' },
  { type: 'normal', user: 'default' },
  { name: 'me' },
  { libraryName: 'crab', libraryVersion: '1.2' },
  { database: 2 },
  { flags: 'e' },
  { flags: 'Te' },
  { flags: '' },
  { maxAgeSeconds: 10, idleSeconds: 3 },
  { except: 1 },
  { not: {} },
  { not: { ids: [1, 2], name: 'you', flags: 'eb', database: 0, type: 'pubsub', ip: '127.0.0.2' } },
  { not: { address: 'a:1', localAddress: 'a:1', user: 'nobody', libraryName: '', libraryVersion: '1' } },
];

const OTHERS: readonly ClientFilter[] = [
  { ids: [1, 2] },
  { ids: [] },
  { address: '127.0.0.1:50001' },
  { localAddress: '127.0.0.1:50000' },
  { ip: '127.0.0.1:50000' },
  { type: 'pubsub' },
  { user: 'nobody' },
  { name: 'ME' },
  { name: '' },
  { libraryName: 'crab', libraryVersion: '1.3' },
  { database: 0 },
  { flags: 'N' },
  { flags: 'eb' },
  { maxAgeSeconds: 11 },
  { idleSeconds: 4 },
  { except: 7 },
  { not: { ids: [7] } },
  { not: { name: 'me', database: 0 } },
  { not: { name: 'you', database: 2 } },
  { not: { flags: 'eT' } },
  { not: { flags: '' } },
  { name: 'me', not: { ip: '127.0.0.1' } },
];

test('a filter means clients for which all of it holds, and nothing of its other half', () => {
  const subject = state({}, (client) => {
    Object.assign(client, { name: 'me', database: 2, isSpared: true, attention: NO_TOUCH });
    Object.assign(client, { libraryName: 'crab', libraryVersion: '1.2' });
  });
  for (const filter of MATCHING) assert.ok(matchesFilter(subject, filter, NOW_MS), JSON.stringify(filter));
  for (const filter of OTHERS) assert.ok(!matchesFilter(subject, filter, NOW_MS), JSON.stringify(filter));
});

test('a client without a name has not the empty one, and a Unix socket has no IP', () => {
  assert.ok(!matchesFilter(state(), { name: '' }, NOW_MS));
  assert.ok(!matchesFilter(state(), { libraryName: '' }, NOW_MS));
  assert.ok(matchesFilter(state(), { not: { name: '' } }, NOW_MS));
  const unix = new Client(1, '/run/crab.sock:0', '/run/crab.sock:0', NOW_MS, PROTOCOL_RESP3, true);
  assert.ok(!matchesFilter(state({ client: unix }), { ip: '/run/crab.sock' }, NOW_MS));
  const v6 = new Client(1, '[::1]:50000', '[::1]:3000', NOW_MS, PROTOCOL_RESP3, true);
  assert.ok(matchesFilter(state({ client: v6 }), { ip: '::1' }, NOW_MS));
});
