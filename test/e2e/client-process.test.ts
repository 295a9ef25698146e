/**
 * A whole process around a client: it ends by itself when the client is closed, and it never ends for want of a listener.
 *
 * Each test runs a small program to its end and looks at its exit code, its output and its standard error, which must be empty:
 * Node writes unhandled rejections and warnings there.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientFor, proxyFor, scriptFor } from '../support/client-fixture.js';
import { connectionFor, serverFor, sharedServer } from '../support/fixture.js';
import { type Finished, freePort, run } from '../support/server.js';

const server = sharedServer({ directives: { appendfsync: 'no' } });

const CLIENT_URL = new URL('../../src/client/index.js', import.meta.url).href;

/** Runs a program that has `connect`, the `errors` and `port`, in a process of its own. */
function runProgram(port: number, program: string, limitMs = 20_000): Promise<Finished> {
  const source = `
    import * as client from ${JSON.stringify(CLIENT_URL)};
    const { connect } = client;
    const where = { host: '127.0.0.1', port: ${port}, reconnectMsMin: 1, reconnectMsMax: 20 };
    ${program}`;
  return run(process.execPath, ['--input-type=module', '-e', source], { limitMs });
}

async function outputOf(port: number, program: string): Promise<string[]> {
  const { code, signal, stdout, stderr } = await runProgram(port, program);
  assert.equal(stderr, '');
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stdout);
  return stdout.trim().split('\n');
}

test('a process ends by itself after close()', async () => {
  const lines = await outputOf(
    server().port,
    `const kv = await connect(where);
     console.log(await kv.set('k', 'v'), await kv.get('k'));
     const popped = kv.with({ timeoutMs: 60_000 }).blpop('queue', 0.01);
     console.log(await popped);
     await kv.close();
     console.log('closed');`,
  );
  assert.deepEqual(lines, ['OK v', 'undefined', 'closed']);
});

test('a process ends by itself after destroy(), and at the end of an "await using"', async () => {
  const lines = await outputOf(
    server().port,
    `const kv = await connect(where);
     kv.get('k').catch((error) => console.log(error.name));
     kv.destroy();
     const other = await connect(where);
     await other[Symbol.asyncDispose]();`,
  );
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^(MaybeApplied|Connection)Error$/);
});

test('a process whose connect fails ends, with the error where it was asked for', async () => {
  const lines = await outputOf(
    await freePort(),
    `await connect(where).then(() => console.log('?'), (error) => console.log(error.name, error.code));`,
  );
  assert.deepEqual(lines, ['ConnectionError CONNECT_FAILED']);
});

test('a process that is destroyed while it connects again ends', async (t) => {
  const own = await serverFor(t);
  const port = own.port;
  const child = outputOf(
    port,
    `const kv = await connect(where);
     await kv.set('here', 1);
     let error;
     while (!error) await kv.incr('n').catch((reason) => { error = reason; });
     console.log(error.name);
     const waiting = kv.incr('n').catch((reason) => console.log(reason.name));
     kv.destroy();
     await waiting;`,
  );
  const direct = await connectionFor(t, own);
  while ((await direct.call('GET', 'n')) === null) {}
  await own.kill();
  const lines = await child;
  assert.match(lines[0] ?? '', /^(MaybeAppliedError|TimeoutError)$/);
  assert.match(lines[1] ?? '', /^ConnectionError$/);
});

test('a process that loses its server, without any listener, goes on and is there when it comes back', async (t) => {
  const proxy = await proxyFor(t, server().port);
  const watcher = await clientFor(t, server().port);
  await watcher.del('went-on');
  const child = outputOf(
    proxy.port,
    `const kv = await connect({ ...where, timeoutMs: 0 });
     await kv.set('here', 1);
     const lost = await kv.send('BLPOP', 'never', 0).catch((error) => error);
     console.log(lost.name);
     await kv.set('went-on', 1);
     await kv.close();`,
  );
  while (proxy.count('BLPOP') === 0) await new Promise((done) => setImmediate(done));
  proxy.refuses = true;
  proxy.cut();
  const refusedFrom = proxy.accepted;
  while (proxy.accepted < refusedFrom + 3) await new Promise((done) => setTimeout(done, 2));
  assert.equal(await watcher.get('went-on'), undefined);
  proxy.refuses = false;
  assert.deepEqual(await child, ['MaybeAppliedError']);
  assert.equal(await watcher.get('went-on'), '1');
});

test('a promise that nobody looks at is reported once, as by any other function', async (t) => {
  const script = await scriptFor(t, () => undefined);
  const lines = await outputOf(
    script.port,
    `const kv = await connect(where);
     process.on('unhandledRejection', (reason) => { console.log(reason.name); kv.destroy(); });
     kv.with({ timeoutMs: 20 }).get('k');`,
  );
  assert.deepEqual(lines, ['TimeoutError']);
});

test('errors can be told apart without looking at their texts', async () => {
  const lines = await outputOf(
    server().port,
    `const kv = await connect(where);
     await kv.set('text', 'abc');
     const error = await kv.incr('text').catch((reason) => reason);
     console.log(error instanceof client.ReplyError, error instanceof client.ClientError, error.code, error.prefix, error.command);
     console.log(error.message);
     console.log(error.stack.includes('[eval'));
     await kv.close();`,
  );
  assert.deepEqual(lines.slice(0, 2), [
    'true true REPLY_ERROR ERR INCR',
    'ERR value is not an integer or out of range',
  ]);
});
