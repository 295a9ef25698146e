/** CLIENT, CONFIG and INFO over several connections and threads. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { connectionFor, serverFor, sharedServer, until } from '../support/fixture.js';

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
  await connection.call('PING');
  const startMs = performance.now();
  await connection.closed;
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs > 900 && tookMs < 4000, `closed after ${tookMs} ms`);
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
