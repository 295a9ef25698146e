/**
 * Who gets in, and what becomes of those who are in: users over two threads, the clients that people use, guessing, protected
 * mode, and the files that users stand in.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { connect, ReplyError } from '../../src/client/index.js';
import { FAILURES_FREE } from '../../src/engine/auth-failures.js';
import { open } from '../../src/index.js';
import { startTestServer } from '../../src/testing/index.js';
import { RespConnection } from '../support/connection.js';
import { connectionFor, serverFor, sharedServer, until } from '../support/fixture.js';
import { ErrorReply, type Reply } from '../support/resp.js';
import { run, runCrabkv, type Server } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import { skipWithout } from '../support/tools.js';

/** The kernel puts these on both threads. */
const CONNECTIONS = 16;
/** So long that it is over only when the test says so. */
const DELAY_MS = 60_000;
const WRONG = 'WRONGPASS invalid username-password pair or user is disabled.';
const NO_KEY = 'NOPERM this user has no permissions to access one of the keys used as arguments';

const server = sharedServer({ directives: { threads: '2', appendonly: 'no' } });
const skipCli = skipWithout('redis-cli as a user', 'redis-cli');

/** An address of this machine that others reach it by. */
const outerAddress = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
const skipOuter = outerAddress === undefined ? 'this machine has no address but the loopback' : false;
if (skipOuter !== false) console.error(`\n*** SKIPPED: PROTECTED MODE: ${skipOuter.toUpperCase()} ***\n`);

function textOf(reply: Reply): unknown {
  return reply instanceof ErrorReply ? reply.text : reply;
}

/** Connections of one user, on both threads. */
async function connectionsAs(t: TestContext, user: string, password: string): Promise<RespConnection[]> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connectionFor(t, server())),
  );
  for (const connection of connections) assert.equal(await connection.call('AUTH', user, password), 'OK');
  return connections;
}

async function onAll(
  connections: readonly RespConnection[],
  ...words: readonly string[]
): Promise<unknown[]> {
  const replies = await Promise.all(connections.map((connection) => connection.call(...words)));
  return [...new Set(replies.map(textOf))];
}

function folderFor(t: TestContext): string {
  const folder = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(folder));
  return folder;
}

test('a change of a user is felt on every thread before it is acknowledged', async (t) => {
  const admin = await connectionFor(t, server());
  await admin.call('ACL', 'SETUSER', 'eve', 'on', '>x', '~a', '+@all');
  const connections = await connectionsAs(t, 'eve', 'x');
  assert.deepEqual(await onAll(connections, 'ACL', 'WHOAMI'), ['eve']);
  for (let round = 0; round < 20; round++) {
    assert.equal(await admin.call('ACL', 'SETUSER', 'eve', 'resetkeys'), 'OK');
    assert.deepEqual(await onAll(connections, 'GET', 'a'), [NO_KEY]);
    assert.equal(await admin.call('ACL', 'SETUSER', 'eve', '~a'), 'OK');
    assert.deepEqual(await onAll(connections, 'GET', 'a'), [null]);
  }
});

test('refusals of all threads are in one log', async (t) => {
  const admin = await connectionFor(t, server());
  await admin.call('ACL', 'SETUSER', 'adam', 'on', '>x', '+@all');
  const connections = await connectionsAs(t, 'adam', 'x');
  await admin.call('ACL', 'LOG', 'RESET');
  await onAll(connections, 'GET', 'secret');
  const log = (await connections[0]!.call('ACL', 'LOG')) as Reply[][];
  assert.equal(log.length, 1);
  assert.deepEqual(log[0]?.slice(0, 10), [
    ...['count', CONNECTIONS, 'reason', 'key', 'context', 'toplevel', 'object', 'secret', 'username', 'adam'],
  ]);
  assert.match(String(log[0]?.[13]), /^id=\d+ addr=127\.0\.0\.1:\d+ .* cmd=get user=adam /);
  await admin.call('ACL', 'LOG', 'RESET');
  assert.deepEqual(await connections[1]!.call('ACL', 'LOG'), []);
});

test('whoever is deleted, or killed by name, is disconnected on every thread, and nobody else', async (t) => {
  const admin = await connectionFor(t, server());
  for (const [name, words] of [
    ['cain', ['ACL', 'DELUSER', 'cain', 'nobody']],
    ['abel', ['CLIENT', 'KILL', 'USER', 'abel']],
  ] as const) {
    await admin.call('ACL', 'SETUSER', name, 'on', 'nopass', '+@all');
    const connections = await connectionsAs(t, name, 'any');
    const list = String(await admin.call('CLIENT', 'LIST', 'USER', name));
    assert.equal(list.trim().split('\n').length, CONNECTIONS);
    assert.equal(await admin.call(...words), name === 'cain' ? 1 : CONNECTIONS);
    await Promise.all(connections.map(({ closed }) => closed));
    assert.equal(await admin.call('PING'), 'PONG');
  }
  assert.equal(textOf(await admin.call('CLIENT', 'KILL', 'USER', 'cain')), "ERR No such user 'cain'");
});

test('requirepass is the password of the default user on every thread', async (t) => {
  const subject = await serverFor(t, { directives: { threads: '2', appendonly: 'no', requirepass: 'one' } });
  const admin = await connectionFor(t, subject);
  assert.equal(textOf(await admin.call('AUTH', 'two')), WRONG);
  assert.equal(await admin.call('AUTH', 'one'), 'OK');
  for (const password of ['two', 'three']) {
    await admin.call('CONFIG', 'SET', 'requirepass', password);
    const connections = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => connectionFor(t, subject)),
    );
    assert.deepEqual(await onAll(connections, 'PING'), ['NOAUTH Authentication required.']);
    assert.deepEqual(await onAll(connections, 'AUTH', 'default', password), ['OK']);
  }
  assert.equal(textOf(await admin.call('AUTH', 'one')), WRONG);
});

test('clients of every kind are the user that they say', { skip: skipCli }, async (t) => {
  const admin = await connectionFor(t, server());
  const rules = [
    'on',
    '>p@ss',
    '~user:*',
    '+@connection',
    '+get',
    '+set',
    '+info',
    '+command',
    '+acl|whoami',
  ];
  await admin.call('ACL', 'SETUSER', 'frank', ...rules);
  const { port } = server();
  const refused = /NOPERM/;

  const io = new Redis({ port, host: '127.0.0.1', username: 'frank', password: 'p@ss' });
  t.after(() => io.disconnect());
  assert.equal(await io.set('user:a', '1'), 'OK');
  await assert.rejects(io.set('other', '1'), refused);

  const node = createClient({ socket: { port, host: '127.0.0.1' }, username: 'frank', password: 'p@ss' });
  node.on('error', () => {});
  await node.connect();
  t.after(() => node.destroy());
  assert.equal(await node.get('user:a'), '1');
  await assert.rejects(node.del('user:a'), refused);

  await using kv = await connect(`crabkv://frank:p%40ss@127.0.0.1:${port}`);
  assert.equal(await kv.get('user:a'), '1');
  assert.equal(await kv.send('ACL', 'WHOAMI'), 'frank');
  await assert.rejects(
    kv.get('other'),
    (error) => error instanceof ReplyError && refused.test(error.message),
  );

  await using observer = await connect(`crabkv://127.0.0.1:${port}`);
  const [refusal] = await observer.aclLog(1);
  assert.deepEqual([refusal?.reason, refusal?.object, refusal?.username], ['key', 'other', 'frank']);
  assert.ok((refusal?.ageSeconds ?? -1) >= 0);
  const user = await observer.aclGetuser('frank');
  assert.deepEqual([user?.flags, user?.keys, user?.selectors], [new Set(['on']), '~user:*', []]);
  assert.equal(await observer.aclGetuser('nobody'), undefined);

  const cli = await run('redis-cli', [
    ...['-p', String(port), '--user', 'frank', '--pass', 'p@ss', '--no-auth-warning', 'GET', 'user:a'],
  ]);
  assert.equal(cli.stdout, '1\n');
});

test('guessing is slow, also for who guesses right, and holds up nobody else', async (t) => {
  const subject = await startTestServer({ 'auth-delay': DELAY_MS });
  t.after(() => subject.stop());
  await subject.kv.send('ACL', 'SETUSER', 'eve', 'on', '>right', '+@all');
  const [guesser, other] = await Promise.all([
    RespConnection.open(subject.port),
    RespConnection.open(subject.port),
  ]);
  for (let guess = 0; guess < FAILURES_FREE; guess++) {
    assert.equal(textOf(await guesser.call('AUTH', 'eve', `${guess}`)), WRONG);
  }
  for (const [password, expected] of [
    ['wrong', WRONG],
    ['right', 'OK'],
  ] as const) {
    const startMs = subject.clock.now();
    const late = guesser.call('AUTH', 'eve', password);
    const next = guesser.call('ECHO', 'next');
    assert.equal(await other.call('PING'), 'PONG');
    await until('the request has arrived', 5_000, async () =>
      (await clientInformation(other)).includes('blocked_clients:1\r'),
    );
    await subject.clock.advance(DELAY_MS);
    assert.equal(textOf(await late), expected);
    assert.ok(subject.clock.now() - startMs >= DELAY_MS, 'not before its time');
    assert.equal(await next, 'next', 'what was sent behind it');
  }
  await subject.clock.advance('2m');
  assert.equal(await guesser.call('AUTH', 'eve', 'right'), 'OK');
  for (const connection of [guesser, other]) connection.close();
});

async function clientInformation(connection: RespConnection): Promise<string> {
  return String(await connection.call('INFO', 'clients'));
}

test('without a password only this machine is answered', { skip: skipOuter }, async (t) => {
  const subject = await serverFor(t, { directives: { bind: '*', threads: '2', appendonly: 'no' } });
  const admin = await connectionFor(t, subject);
  const ask = (): Promise<string> =>
    new Promise((done, failed) => {
      const socket = connectTcp(subject.port, outerAddress ?? '', () => socket.end('PING\r\n'));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('error', failed);
      socket.on('close', () => done(text));
    });
  assert.match(await ask(), /^-DENIED Redis is running in protected mode because .*\.\r\n$/);
  assert.match(String(await admin.call('INFO', 'stats')), /rejected_connections:1\r/);
  await admin.call('CONFIG', 'SET', 'protected-mode', 'no');
  assert.equal(await ask(), 'PONG\r\n');
  await admin.call('CONFIG', 'SET', 'protected-mode', 'yes', 'requirepass', 'x');
  assert.match(await ask(), /^NOAUTH|^-NOAUTH/);
});

test('users live in an ACL file, which others can not read', async (t) => {
  const folder = folderFor(t);
  const file = join(folder, 'users.acl');
  writeFileSync(file, 'user eve on >x ~* +@all\n');
  const directives = { aclfile: file, dir: join(folder, 'data'), appendonly: 'no' };
  const start = (): Promise<Server> => serverFor(t, { directives, directory: folder });
  const first = await start();
  const [admin, eve] = [await connectionFor(t, first), await connectionFor(t, first)];
  assert.equal(await eve.call('AUTH', 'eve', 'x'), 'OK');
  rmSync(file);
  await admin.call('ACL', 'SETUSER', 'adam', 'on', '>y', '+ping');
  assert.equal(await admin.call('ACL', 'SAVE'), 'OK');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  );
  assert.equal(await admin.call('ACL', 'LOAD'), 'OK');
  await eve.closed;
  assert.equal(await admin.call('PING'), 'PONG', 'the default user stays');
  writeFileSync(file, 'user eve nonsense\n');
  assert.match(String(textOf(await admin.call('ACL', 'LOAD'))), /users\.acl:1: Syntax error\. WARNING/);
  assert.deepEqual(await admin.call('ACL', 'USERS'), ['adam', 'default', 'eve']);
  await first.terminate();
  const refused = await runCrabkv([
    '--port',
    '0',
    '--dir',
    '',
    '--appendonly',
    'no',
    '--save',
    '',
    '--aclfile',
    file,
  ]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^crabkv: \S+users\.acl:1: Syntax error\. WARNING[^\n]*\n$/);
});

test('users and renamed commands stand in the configuration, and CONFIG REWRITE keeps users there', async (t) => {
  const folder = folderFor(t);
  const file = join(folder, 'crab.conf');
  writeFileSync(file, 'user eve on >secret ~* +@all\nrename-command GET fetch\nrename-command FLUSHALL ""\n');
  const options = { configurationFile: file, directory: folder, directives: { appendonly: 'no' } };
  const first = await serverFor(t, options);
  const eve = await connectionFor(t, first);
  await eve.call('AUTH', 'eve', 'secret');
  assert.equal(await eve.call('fetch', 'k'), null);
  for (const name of ['GET', 'FLUSHALL']) {
    assert.match(String(textOf(await eve.call(name, 'k'))), new RegExp(`^ERR unknown command '${name}'`));
  }
  await eve.call('ACL', 'SETUSER', 'adam', 'on', '>y', '~a', '-@all', '+get');
  assert.equal(await eve.call('CONFIG', 'REWRITE'), 'OK');
  assert.doesNotMatch(readFileSync(file, 'utf8'), /secret/);
  await first.terminate();
  assert.doesNotMatch(first.output, /secret/);
  const second = await serverFor(t, options);
  const adam = await connectionFor(t, second);
  assert.equal(await adam.call('AUTH', 'adam', 'y'), 'OK');
  assert.equal(await adam.call('Fetch', 'a'), null);
  assert.equal(textOf(await adam.call('fetch', 'b')), NO_KEY);
});

test('what can not be is refused at the start, in one line without a secret', async () => {
  const base = ['--port', '0', '--dir', '', '--appendonly', 'no', '--save', ''];
  for (const [args, message] of [
    [
      ['--user', 'eve', 'on', '>secret', 'secret'],
      /^crabkv: Error in user declaration 'eve': Syntax error \(command line\)\n$/,
    ],
    [
      ['--rename-command', 'nosuch', 'x'],
      /^crabkv: rename-command nosuch x: No such command in rename-command\n$/,
    ],
    [
      ['--user', 'eve', '--aclfile', 'x'],
      /^crabkv: users are declared in the configuration, and there is an aclfile/,
    ],
    [
      ['--aclfile', '/nowhere/x'],
      /^crabkv: Error loading ACLs, opening file '\/nowhere\/x': No such file or directory\n$/,
    ],
  ] as const) {
    const { code, stderr } = await runCrabkv([...base, ...args]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /secret/);
  }
});

test('protected options may be set by whom the configuration allows it', async (t) => {
  const folder = folderFor(t);
  const directives = { 'enable-protected-configs': 'local', appendonly: 'no' };
  const subject = await serverFor(t, { directives, directory: folder });
  const admin = await connectionFor(t, subject);
  const [, directory] = (await admin.call('CONFIG', 'GET', 'dir')) as string[];
  assert.equal(await admin.call('CONFIG', 'SET', 'dir', directory ?? ''), 'OK');
  assert.match(String(textOf(await admin.call('CONFIG', 'SET', 'dir', '/tmp'))), /stay where they are/);
});

test('in the process itself nothing is refused, whatever users there are; who comes by TCP is a user', async () => {
  await using kv = await open();
  await kv.send('ACL', 'SETUSER', 'default', 'off', 'resetkeys', '-@all');
  await kv.send('ACL', 'SETUSER', 'eve', 'on', '>x', '~a', '+get');
  assert.equal(kv.sync.set('a', '1'), 'OK');
  assert.equal(await kv.get('a'), '1');
  const port = await kv.listen({ port: 0 });
  const eve = await RespConnection.open(port);
  assert.equal(textOf(await eve.call('GET', 'a')), 'NOAUTH Authentication required.');
  assert.equal(await eve.call('AUTH', 'eve', 'x'), 'OK');
  assert.equal(await eve.call('GET', 'a'), '1');
  assert.equal(textOf(await eve.call('GET', 'b')), NO_KEY);
  await kv.send('ACL', 'DELUSER', 'eve');
  await eve.closed;
});
