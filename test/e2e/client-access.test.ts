/** Who may in, and where to: passwords, users, databases, full servers; the forms of an address. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  AuthenticationError,
  type Client,
  ConnectionError,
  type ConnectOptions,
  connect,
  type DisconnectEvent,
  type ErrorEvent,
  type ReconnectEvent,
  ReplyError,
  UsageError,
} from '../../src/client/index.js';
import { clientFor, EventLog, failureOf, proxyFor, scriptFor, subjects } from '../support/client-fixture.js';
import { connectionFor, until } from '../support/fixture.js';
import { answerHandshake } from '../support/scripted-server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

/** What `connect` can be given; no address: only options. */
type Where = readonly [address: string | URL | undefined, options?: ConnectOptions];

function connectTo([address, options = {}]: Where): Promise<Client> {
  return address === undefined ? connect(options) : connect(address, options);
}

for (const { name, skip, start } of subjects('passwords and addresses')) {
  test(`${name}: passwords`, { skip }, async (t) => {
    const server = await start({ directives: { requirepass: 'se cret/%', appendonly: 'no' } });
    t.after(() => server.stop());
    const at = `127.0.0.1:${server.port}`;
    const password = encodeURIComponent('se cret/%');

    for (const address of [`redis://:${password}@${at}`, `crabkv://default:${password}@${at}/1`]) {
      await using kv = await connect(address);
      assert.equal(await kv.set('k', 'v'), 'OK', address);
    }

    const wrong: [string, ConnectOptions][] = [
      [`redis://:wrong@${at}`, {}],
      [`redis://nobody:${password}@${at}`, {}],
      [`redis://${at}`, { user: 'default', password: 'se cret' }],
      [`redis://:wrong@${at}`, { protocol: 2 }],
    ];
    for (const [address, options] of wrong) {
      const error = await failureOf(connect(address, options), AuthenticationError, 'AUTHENTICATION_FAILED');
      assert.match(error.message, /WRONGPASS/);
      assert.doesNotMatch(`${error.message} ${error.stack}`, /se cret|se%20cret|wrong@/);
    }

    for (const protocol of [2, 3] as const) {
      const without = connect(`redis://${at}`, { protocol, connectTimeoutMs: 2_000 });
      const error = await failureOf(without, AuthenticationError, 'AUTHENTICATION_FAILED');
      assert.match(error.message, /NOAUTH/);
      assert.match(error.message, /password/i);
    }
    await using kv = await connect(`redis://:${password}@${at}`);
    await until('none of them is left', 5_000, async () => {
      const list = String(await kv.send('CLIENT', 'LIST'));
      return list.trim().split('\n').length === 1;
    });
  });

  test(`${name}: the password is changed while the client is at work`, { skip }, async (t) => {
    const server = await start({ directives: { appendonly: 'no' } });
    t.after(() => server.stop());
    const direct = await connectionFor(t, server);
    const proxy = await proxyFor(t, server.port);
    const errors = new EventLog<ErrorEvent>(t, 'error');
    const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
    const kv = await clientFor(t, proxy.port);
    await kv.set('k', 'v');
    assert.equal(await direct.call('CONFIG', 'SET', 'requirepass', 'new'), 'OK');
    assert.equal(await kv.get('k'), 'v', 'who is in stays in');
    proxy.cut();
    await disconnects.reach(1);
    await failureOf(kv.get('k'), AuthenticationError, 'AUTHENTICATION_FAILED');
    await errors.reach(1);
    assert.ok(errors.events[0]?.error instanceof AuthenticationError);
    const tries = proxy.accepted;
    await failureOf(kv.get('k'), AuthenticationError, 'AUTHENTICATION_FAILED');
    assert.ok(proxy.accepted <= tries + 1, 'a password that was refused is not tried without end');
  });

  test(`${name}: a database that is not there`, { skip }, async (t) => {
    const server = await start({ directives: { appendonly: 'no', databases: '4' } });
    t.after(() => server.stop());
    await using last = await connect(`redis://127.0.0.1:${server.port}/3`);
    assert.equal(await last.set('k', 'v'), 'OK');
    const error = await connect(`redis://127.0.0.1:${server.port}/4`).then(
      () => assert.fail('connected'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ConnectionError || error instanceof ReplyError, String(error));
    assert.match(error.message, /DB index is out of range/);
  });

  test(`${name}: a server that has as many clients as it takes`, { skip }, async (t) => {
    const server = await start({ directives: { appendonly: 'no', maxclients: '10' } });
    t.after(() => server.stop());
    const all = await Promise.all(Array.from({ length: 10 }, () => clientFor(t, server.port)));
    const error = await failureOf(
      connect({ host: '127.0.0.1', port: server.port, connectTimeoutMs: 200 }),
      ConnectionError,
      'CONNECT_FAILED',
    );
    assert.match(error.message, /max number of clients/);
    await all[0]!.close();
    await until('there is room', 5_000, async () => {
      const kv = await connect({ host: '127.0.0.1', port: server.port }).catch(() => undefined);
      kv?.destroy();
      return kv !== undefined;
    });
  });

  test(`${name}: every form of an address`, { skip }, async (t) => {
    const folder = makeTemporaryDirectory();
    t.after(() => removeTemporaryDirectory(folder));
    const path = join(folder, 'a socket');
    const server = await start({ directives: { appendonly: 'no', unixsocket: path } });
    t.after(() => server.stop());
    const { port } = server;
    const forms: [where: Where, db: number, name: string][] = [
      [[`crabkv://127.0.0.1:${port}`], 0, ''],
      [[`redis://127.0.0.1:${port}/`], 0, ''],
      [[`redis://localhost:${port}/2`], 2, ''],
      [[new URL(`crabkv://127.0.0.1:${port}/2?name=from-url`)], 2, 'from-url'],
      [[`redis://127.0.0.1:${port}?db=5&name=x`], 5, 'x'],
      [[`redis://127.0.0.1:${port}/1`, { db: 7, name: 'option' }], 7, 'option'],
      [[undefined, { host: '127.0.0.1', port, db: 4 }], 4, ''],
      [[`unix://${encodeURI(path)}?db=3`], 3, ''],
      [[`redis+unix://${encodeURI(path)}`, { name: 'local' }], 0, 'local'],
      [[undefined, { path, db: 1 }], 1, ''],
    ];
    for (const [where, db, clientName] of forms) {
      await using kv = await connectTo(where);
      const info = String(await kv.send('CLIENT', 'INFO'));
      assert.match(info, new RegExp(` db=${db} `), JSON.stringify(where));
      assert.match(info, new RegExp(` name=${clientName} `), JSON.stringify(where));
    }
  });

  test(`${name}: two databases are two`, { skip }, async (t) => {
    const server = await start({ directives: { appendonly: 'no' } });
    t.after(() => server.stop());
    const zero = await clientFor(t, server.port);
    const one = await clientFor(t, server.port, { db: 1 });
    await Promise.all([zero.set('k', 'zero'), one.set('k', 'one')]);
    assert.deepEqual([await zero.get('k'), await one.get('k')], ['zero', 'one']);
    assert.deepEqual([await zero.dbsize(), await one.dbsize()], [1, 1]);
  });
}

test('a server that is still loading its data is waited for', async (t) => {
  const script = await scriptFor(
    t,
    (words, { number }) => {
      if (number <= 3 && words[0] === 'PING') return '-LOADING the dataset is being loaded\r\n';
      return answerHandshake(words) ?? `+${number}\r\n`;
    },
    { handshake: false },
  );
  const kv = await clientFor(t, script.port);
  assert.equal(await kv.send('ECHO', 'x'), '4');
});

test('a server that is full when a connection is to be made again is tried until it takes us', async (t) => {
  const script = await scriptFor(
    t,
    (words, { socket, number }) => {
      if (number !== 2 && number !== 3) return answerHandshake(words) ?? `+${number}\r\n`;
      socket.end('-ERR max number of clients reached\r\n');
      return undefined;
    },
    { handshake: false },
  );
  const reconnects = new EventLog<ReconnectEvent>(t, 'reconnect');
  const kv = await clientFor(t, script.port);
  assert.equal(await kv.send('ECHO', 'x'), '1');
  script.cut();
  assert.equal(await kv.send('ECHO', 'x'), '4');
  assert.match(reconnects.events[1]?.error.message ?? '', /max number of clients/);
});

test('addresses and options that can’t be are refused before anything is sent', async () => {
  const wrong: Where[] = [
    ['http://localhost'],
    ['localhost:3000'],
    ['crabkv://localhost:70000'],
    ['crabkv://localhost/first'],
    ['crabkv://localhost/-1'],
    ['crabkv://localhost?colour=red'],
    ['unix://relative/path'],
    ['crabkv://user@localhost'],
    ['crabkv://localhost', { db: -1 }],
    ['crabkv://localhost', { timeoutMs: Number.NaN }],
    ['crabkv://localhost', { name: 'two words' }],
    [undefined, { port: 0 }],
    [undefined, JSON.parse('{"prot": 3000}')],
  ];
  for (const where of wrong) {
    const error = await failureOf(connectTo(where), UsageError, 'USAGE');
    assert.ok(error.message.length > 10, JSON.stringify(where));
  }
  const secret = await failureOf(connect('crabkv://u:hunter2@localhost:port'), UsageError, 'USAGE');
  assert.doesNotMatch(String(secret.stack), /hunter2/);
});
