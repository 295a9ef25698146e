/** CLIENT, CONFIG and INFO over several connections and threads. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { connectionFor, serverFor, sharedServer, until } from '../support/fixture.js';
import { encodeRequest } from '../support/resp.js';

const server = sharedServer({ directives: { threads: '2' } });

function fields(line: string): Map<string, string> {
  return new Map(
    line
      .trim()
      .split(' ')
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

async function list(connection: RespConnection, ...options: string[]): Promise<Map<string, string>[]> {
  const text = String(await connection.call('CLIENT', 'LIST', ...options));
  return text.trim().split('\n').map(fields);
}

test('CLIENT LIST shows the connections of all threads', async (t) => {
  const connections: RespConnection[] = [];
  for (let i = 0; i < 20; i++) {
    const connection = await connectionFor(t, server());
    assert.equal(await connection.call('CLIENT', 'SETNAME', `list-${i}`), 'OK');
    connections.push(connection);
  }
  const ids = await Promise.all(connections.map((connection) => connection.call('CLIENT', 'ID')));
  assert.equal(new Set(ids).size, 20, 'ids are unique');
  const rows = await list(connections[7] as RespConnection);
  for (let i = 0; i < 20; i++) {
    const row = rows.find((candidate) => candidate.get('name') === `list-${i}`);
    assert.equal(row?.get('id'), String(ids[i]));
    assert.equal(row?.get('addr'), `127.0.0.1:${connections[i]?.socket.localPort}`);
    assert.equal(row?.get('laddr'), `127.0.0.1:${server().port}`);
  }
  const [one] = await list(connections[0] as RespConnection, 'ID', String(ids[3]));
  assert.equal(one?.get('name'), 'list-3');
});

test('CLIENT INFO tells about the connection itself', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.call('HELLO', '3', 'SETNAME', 'me');
  await connection.call('SELECT', '5');
  const row = fields(String(await connection.call('CLIENT', 'INFO')));
  assert.equal(row.get('name'), 'me');
  assert.equal(row.get('db'), '5');
  assert.equal(row.get('resp'), '3');
  assert.equal(row.get('cmd'), 'client|info');
  assert.equal(row.get('id'), String(await connection.call('CLIENT', 'ID')));
});

test('CLIENT KILL ends connections of every thread, by id, by address, by the old form', async (t) => {
  const killer = await connectionFor(t, server());
  for (let i = 0; i < 6; i++) {
    const byId = await connectionFor(t, server());
    assert.equal(await killer.call('CLIENT', 'KILL', 'ID', Number(await byId.call('CLIENT', 'ID'))), 1);
    await byId.closed;
    const byAddress = await connectionFor(t, server());
    assert.equal(await killer.call('CLIENT', 'KILL', 'ADDR', `127.0.0.1:${byAddress.socket.localPort}`), 1);
    await byAddress.closed;
    const byOldForm = await connectionFor(t, server());
    await byOldForm.call('PING');
    assert.equal(await killer.call('CLIENT', 'KILL', `127.0.0.1:${byOldForm.socket.localPort}`), 'OK');
    await byOldForm.closed;
  }
  assert.equal(await killer.call('CLIENT', 'KILL', 'ID', 999_999_999), 0);
});

test('CLIENT KILL spares its caller unless told otherwise', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2' } });
  const killer = await connectionFor(t, own);
  const others = await Promise.all(Array.from({ length: 10 }, () => connectionFor(t, own)));
  await Promise.all(others.map((other) => other.call('PING')));
  assert.equal(await killer.call('CLIENT', 'KILL', 'TYPE', 'normal'), 10);
  await Promise.all(others.map((other) => other.closed));
  assert.equal(await killer.call('PING'), 'PONG');
  assert.equal(await killer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no'), 1);
  await killer.closed;
});

test('CLIENT LIST and KILL take filters, and know the clients of all threads', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2' } });
  const killer = await connectionFor(t, own);
  await killer.call('SELECT', '3');
  const others = await Promise.all(Array.from({ length: 6 }, () => connectionFor(t, own)));
  for (const [index, other] of others.entries()) {
    await other.call('CLIENT', 'SETNAME', index < 3 ? 'worker' : 'watcher');
    await other.call('CLIENT', 'SETINFO', 'LIB-NAME', 'crab');
    if (index % 3 === 0) await other.call('CLIENT', 'NO-EVICT', 'ON');
    if (index % 3 === 1) await other.call('CLIENT', 'NO-TOUCH', 'ON');
  }
  const count = async (...options: string[]): Promise<number> => {
    const text = String(await killer.call('CLIENT', 'LIST', ...options));
    return text.split('\n').length - 1;
  };
  assert.equal(await count('NAME', 'worker', 'LIB-NAME', 'crab', 'DB', '0'), 3);
  assert.equal(await count('FLAGS', 'e'), 2);
  assert.equal(await count('NOT-FLAGS', 'N', 'IP', '127.0.0.1', 'USER', 'default'), 4);
  assert.equal(await count('NOT-DB', '3'), 6);
  assert.equal(await count('SKIPME', 'yes', 'NOT-NAME', 'worker'), 3);
  assert.equal(await killer.call('CLIENT', 'KILL', 'NAME', 'worker', 'NOT-FLAGS', 'e'), 2);
  await Promise.all([others[1]?.closed, others[2]?.closed]);
  assert.equal(await count('LIB-NAME', 'crab'), 4);
});

test('CLIENT PAUSE WRITE holds writes of all threads up, and CLIENT UNPAUSE lets them go at once', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2' } });
  const main = await connectionFor(t, own);
  const others = await Promise.all(Array.from({ length: 8 }, () => connectionFor(t, own)));
  assert.equal(await main.call('CLIENT', 'PAUSE', '600000', 'WRITE'), 'OK');
  const replies = others.map((other) => other.pipeline([['INCR', 'n'], ['PING']]));
  await until('all of them wait', 2000, async () => (await list(main, 'FLAGS', 'b')).length === 8);
  assert.equal(await main.call('GET', 'n'), null);
  assert.equal(await own.info('blocked_clients'), '8');
  const startMs = performance.now();
  assert.equal(await main.call('CLIENT', 'UNPAUSE'), 'OK');
  const counted: number[] = [];
  for (const [incremented, pong] of await Promise.all(replies)) {
    counted.push(Number(incremented?.toString().slice(1)));
    assert.equal(pong?.toString(), '+PONG\r\n');
  }
  assert.ok(performance.now() - startMs < 300_000, 'nobody has waited for the end of the pause');
  assert.deepEqual(
    counted.sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
});

test('CLIENT PAUSE ALL ends by itself, in all threads', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2' } });
  const connections = await Promise.all(Array.from({ length: 8 }, () => connectionFor(t, own)));
  await Promise.all(connections.map((connection) => connection.call('PING')));
  const startMs = performance.now();
  assert.equal(await connections[0]?.call('CLIENT', 'PAUSE', '300'), 'OK');
  await Promise.all(connections.map((connection) => connection.call('PING')));
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= 295, `answered after ${tookMs} ms`);
});

test('a client that is killed or leaves during a pause takes its command along', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2' } });
  const main = await connectionFor(t, own);
  const others = await Promise.all(Array.from({ length: 6 }, () => connectionFor(t, own)));
  await main.call('CLIENT', 'PAUSE', '600000', 'WRITE');
  const refused = others.map((other) => other.request('INCR', 'n').catch((error: Error) => error.message));
  await until('all of them wait', 2000, async () => (await list(main, 'FLAGS', 'b')).length === 6);
  const [first] = await list(main, 'FLAGS', 'b');
  assert.equal(
    await main.call('CLIENT', 'UNBLOCK', String(first?.get('id'))),
    0,
    'they are not to be unblocked',
  );
  for (const other of others.slice(3)) other.socket.destroy();
  await until('three have left', 2000, async () => (await list(main, 'FLAGS', 'b')).length === 3);
  assert.equal(await main.call('CLIENT', 'KILL', 'FLAGS', 'b'), 3);
  assert.deepEqual(await Promise.all(refused), Array(6).fill('the connection was closed'));
  assert.equal(await main.call('CLIENT', 'UNPAUSE'), 'OK');
  assert.equal(await main.call('INCR', 'n'), 1);
});

test('CLIENT UNBLOCK ends the wait of a client of any thread', async (t) => {
  const main = await connectionFor(t, server());
  for (let i = 0; i < 4; i++) {
    const other = await connectionFor(t, server());
    const id = String(await other.call('CLIENT', 'ID'));
    const asError = other.request('WAIT', '1', '0');
    await until('it waits', 2000, async () => (await list(main, 'ID', id))[0]?.get('flags') === 'b');
    assert.equal(await main.call('CLIENT', 'UNBLOCK', id, 'ERROR'), 1);
    assert.equal((await asError).toString(), '-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
    const asTimeout = other.request('WAIT', '1', '0');
    await until('it waits', 2000, async () => (await list(main, 'ID', id))[0]?.get('flags') === 'b');
    assert.equal(await main.call('CLIENT', 'UNBLOCK', id), 1);
    assert.equal((await asTimeout).toString(), ':0\r\n');
    assert.equal(await main.call('CLIENT', 'UNBLOCK', id), 0);
  }
});

test('CLIENT REPLY silences commands that other threads answer, too', async (t) => {
  const connection = await connectionFor(t, server());
  const requests = [
    ['CLIENT', 'REPLY', 'OFF'],
    ['SET', 'silent', '1'],
    ['CLIENT', 'LIST'],
    ['nosuch'],
    ['CLIENT', 'REPLY', 'ON'],
    ['CLIENT', 'REPLY', 'SKIP'],
    ['CONFIG', 'SET', 'hz', '10'],
    ['GET', 'silent'],
  ];
  for (const words of requests) connection.send(encodeRequest(words));
  assert.deepEqual((await connection.frames(2)).map(String), ['+OK\r\n', '$1\r\n1\r\n']);
  assert.equal(await connection.call('DEL', 'silent'), 1);
  assert.equal(connection.unread, 0);
});

test('maxmemory-clients disconnects clients that do not read, but not those that are spared', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2', 'maxmemory-clients': '40mb' } });
  const main = await connectionFor(t, own);
  await main.call('SET', 'big', 'x'.repeat(32 * 2 ** 20));
  const spared = await connectionFor(t, own);
  const greedy = await connectionFor(t, own);
  await spared.call('CLIENT', 'NO-EVICT', 'ON');
  for (const connection of [spared, greedy]) {
    connection.socket.pause();
    connection.send(encodeRequest(['GET', 'big']));
  }
  await until('one is disconnected', 5000, async () => (await own.info('evicted_clients')) === '1');
  const rows = await list(main);
  assert.ok(rows.some((row) => row.get('flags') === 'e'));
  assert.equal(rows.filter((row) => row.get('cmd') === 'get').length, 1);
  assert.equal(await main.call('EXISTS', 'big'), 1, 'data is never evicted for clients');
});

test('lowering maxclients closes nobody, and counts the clients of all threads', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2' } });
  const connections = await Promise.all(Array.from({ length: 6 }, () => connectionFor(t, own)));
  const [first] = connections;
  await until(
    'the start-up ping is forgotten',
    2000,
    async () => (await list(connections[0] as RespConnection)).length === 6,
  );
  assert.equal(await first?.call('CONFIG', 'SET', 'maxclients', '3'), 'OK');
  for (let i = 0; i < 4; i++) {
    const refused = await connectionFor(t, own);
    assert.equal((await refused.frame()).toString(), '-ERR max number of clients reached\r\n');
    await refused.closed;
  }
  for (const connection of connections) assert.equal(await connection.call('PING'), 'PONG');
  assert.equal(await first?.call('CONFIG', 'SET', 'maxclients', '7'), 'OK');
  assert.equal(await (await connectionFor(t, own)).call('PING'), 'PONG');
});

test('CONFIG SET reaches every thread', async (t) => {
  const connections = await Promise.all(Array.from({ length: 10 }, () => connectionFor(t, server())));
  assert.equal(await connections[0]?.call('CONFIG', 'SET', 'timeout', '4321', 'hz', '50'), 'OK');
  for (const connection of connections) {
    await until('every thread knows', 1000, async () => {
      const reply = await connection.call('CONFIG', 'GET', 'timeout');
      return Array.isArray(reply) && reply[1] === '4321';
    });
  }
  assert.equal(await connections[0]?.call('CONFIG', 'SET', 'timeout', '0', 'hz', '10'), 'OK');
});

test('idle connections are closed after the timeout', async (t) => {
  const own = await serverFor(t, { directives: { timeout: '1' } });
  const connection = await connectionFor(t, own);
  const startMs = performance.now();
  await connection.call('PING');
  await connection.closed;
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs > 900, `closed after ${tookMs} ms`);
});

test('maxclients refuses one connection too many with a reply', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2', maxclients: '5' } });
  const first = await connectionFor(t, own);
  await until('the start-up ping is forgotten', 2000, async () => (await list(first)).length === 1);
  const others = await Promise.all(Array.from({ length: 4 }, () => connectionFor(t, own)));
  assert.deepEqual(
    await Promise.all(others.map((connection) => connection.call('PING'))),
    Array(4).fill('PONG'),
  );
  const refused = await connectionFor(t, own);
  assert.equal((await refused.frame()).toString(), '-ERR max number of clients reached\r\n');
  await refused.closed;
});

test('INFO counts commands, clients and keys', async (t) => {
  const own = await serverFor(t, { directives: { threads: '2' } });
  const connections = await Promise.all(Array.from({ length: 8 }, () => connectionFor(t, own)));
  await until(
    'the start-up ping is forgotten',
    2000,
    async () => (await own.info('connected_clients')) === '9',
  );
  await Promise.all(connections.map((connection, i) => connection.call('SET', `info:${i}`, 'v', 'EX', 1000)));
  await connections[0]?.call('GET', 'info:0');
  await connections[0]?.call('GET', 'missing');
  const info = String(await connections[0]?.call('INFO'));
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
  assert.equal(field('connected_clients'), '8');
  assert.match(field('db0') ?? '', /^keys=8,expires=8/);
  assert.ok(Number(field('total_commands_processed')) >= 10);
  assert.equal(field('keyspace_hits'), '1');
  assert.equal(field('keyspace_misses'), '1');
  assert.ok(Number(field('used_memory')) > 0);
  assert.match(info, /^# Server\r?$/m);
});
