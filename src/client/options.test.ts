import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './errors.js';
import { type ConnectOptions, checkCallOptions, readSettings, type Settings } from './options.js';

function refused(address: string | undefined, options: unknown, message: RegExp): void {
  assert.throws(
    () => readSettings(address, options as ConnectOptions),
    (error: unknown) => error instanceof UsageError && message.test(error.message),
    `${address} ${JSON.stringify(options)}`,
  );
}

test('without anything said it is the CrabKV of this machine, and every limit has its default', () => {
  const { random, ...settings } = readSettings(undefined, {});
  assert.equal(random, Math.random);
  assert.deepEqual(settings, {
    host: 'localhost',
    port: 3000,
    path: undefined,
    tls: undefined,
    user: undefined,
    password: undefined,
    db: 0,
    name: undefined,
    protocol: 3,
    connectTimeoutMs: 10_000,
    timeoutMs: 10_000,
    stalledMs: 5_000,
    retry: 'safe',
    reconnectMsMin: 50,
    reconnectMsMax: 2_000,
    queueCommandsMax: 1_000_000,
    queueBytesMax: 1_073_741_824,
    blockingConnectionsMax: 64,
    pushesMax: 10_000,
    keepAliveMs: 30_000,
  });
});

test('every form of an address', () => {
  const forms: [string, Partial<Settings>][] = [
    ['crabkv://host', { host: 'host', port: 3000, tls: undefined, db: 0 }],
    ['crabkvs://host', { host: 'host', port: 3000, tls: {} }],
    ['redis://host', { host: 'host', port: 6379, tls: undefined }],
    ['rediss://host:1', { host: 'host', port: 1, tls: {} }],
    ['redis://', { host: 'localhost', port: 6379 }],
    ['redis://[::1]:7/2', { host: '::1', port: 7, db: 2 }],
    ['redis://h/', { db: 0 }],
    ['redis://h?db=3&name=worker', { db: 3, name: 'worker' }],
    ['redis://:p%40ss@h', { user: undefined, password: 'p@ss' }],
    ['redis://me:%E2%82%AC%2F@h', { user: 'me', password: '€/' }],
    ['unix:///run/a%20b.sock?db=4', { path: '/run/a b.sock', db: 4 }],
    ['redis+unix:///run/kv.sock', { path: '/run/kv.sock', db: 0 }],
  ];
  for (const [address, expected] of forms) {
    const settings = readSettings(address, {});
    for (const [name, value] of Object.entries(expected))
      assert.deepEqual(settings[name as keyof Settings], value, `${name} of ${address}`);
  }
});

test('what the options say goes before what the address says; undefined says nothing', () => {
  const { host, port, db } = readSettings('redis://there:7/1', { port: 8, db: undefined } as object);
  assert.deepEqual([host, port, db], ['there', 8, 1]);
  assert.equal(readSettings('rediss://h', { tls: false }).tls, undefined);
  assert.deepEqual(readSettings('rediss://h', { tls: { servername: 's' } }).tls, { servername: 's' });
});

test('what can’t be is refused by name, with what it is and what it must be', () => {
  refused('http://host', {}, /'http:' is no scheme.*crabkv: /);
  refused('host', {}, /no URL/);
  refused('redis://host/x', {}, /'x'.*no database/);
  refused('redis://host/1/2', {}, /no database/);
  refused('redis://host?timeout=5', {}, /'timeout' is no parameter/);
  refused('redis://:%E0%A4%A@host', {}, /password in the address.*%25/);
  refused('unix://', {}, /path of the unix socket is missing/);
  refused('unix://relative/path', {}, /absolute/);
  refused(undefined, { prot: 3 }, /'prot' is no option of connect.*protocol/);
  refused(undefined, { port: 0 }, /option port of connect is 0; .* from 1 to 65535/);
  refused(undefined, { port: '6379' }, /port of connect is '6379'/);
  refused(undefined, { timeoutMs: -1 }, /timeoutMs/);
  refused(undefined, { timeoutMs: 2 ** 31 }, /timeoutMs/);
  refused(undefined, { timeoutMs: 1.5 }, /timeoutMs/);
  refused(undefined, { name: 'two words' }, /name.*printable ASCII/);
  refused(undefined, { protocol: 4 }, /2 or 3/);
  refused(undefined, { retry: 'maybe' }, /'safe', 'always' or 'never'/);
  refused(undefined, { user: 'me' }, /user 'me' has no password/);
  refused(undefined, { reconnectMsMin: 100, reconnectMsMax: 50 }, /reconnectMsMax is 50, less than/);
  refused(undefined, 'redis', /must be an object/);
});

test('no message shows a password', () => {
  for (const make of [
    () => readSettings('redis://me:secret@host:99999', {}),
    () => readSettings(undefined, { password: { secret: 1 } } as never),
    () => readSettings('redis://me:secret@host/x', {}),
  ])
    assert.throws(make, (error: Error) => !/secret/.test(error.message));
});

test('a long wait at first lifts the longest one that was not given', () => {
  assert.equal(readSettings(undefined, { reconnectMsMin: 5_000 }).reconnectMsMax, 5_000);
});

test('options of a call', () => {
  checkCallOptions({ timeoutMs: 0, retry: 'never', signal: new AbortController().signal });
  assert.throws(() => checkCallOptions({ signal: {} as never }), /signal of with is .* AbortSignal/);
  assert.throws(() => checkCallOptions({ db: 1 } as never), /'db' is no option of with/);
});
