import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { attach } from './attached-store.js';
import { open } from './open.js';
import type { OpenedStore } from './store.js';

async function storeFor(t: TestContext): Promise<OpenedStore> {
  const kv = await open();
  t.after(() => kv.close());
  return kv;
}

function startWorker(t: TestContext, kv: OpenedStore): Worker {
  const worker = new Worker(
    new URL('./attached-worker.case.js', import.meta.url),
    kv.share({ task: 'mine' }),
  );
  t.after(() => worker.terminate());
  return worker;
}

/** Has the worker do something; resolves to what comes of it. Answers may come in another order. */
function ask(worker: Worker, name: string, argument?: number): Promise<unknown> {
  return new Promise((resolve) => {
    const listen = ([answered, value]: [string, unknown]): void => {
      if (answered !== name) return;
      worker.off('message', listen);
      resolve(value);
    };
    worker.on('message', listen);
    worker.postMessage([name, argument]);
  });
}

test('two workers and the opener count one key up together, and none of them loses a step', async (t) => {
  const kv = await storeFor(t);
  const workers = [startWorker(t, kv), startWorker(t, kv)];
  const counting = workers.map((worker) => ask(worker, 'count', 5000));
  for (let time = 0; time < 500; time++) {
    kv.sync.incr('counter');
    await kv.incr('counter');
  }
  await Promise.all(counting);
  assert.equal(kv.sync.get('counter'), String(2 * 5000 + 1000));
});

test('who waits for a key in one thread gets what another thread pushes, in both directions', async (t) => {
  const kv = await storeFor(t);
  const worker = startWorker(t, kv);
  const popped = kv.blpop(['to main'], 0);
  await ask(worker, 'push');
  assert.deepEqual(await popped, ['to main', 'from worker']);
  const poppedThere = ask(worker, 'pop');
  while (!/cmd=blpop/.test(await kv.clientList())) await new Promise(setImmediate);
  kv.sync.rpush('to worker', ['from main']);
  assert.deepEqual(await poppedThere, ['to worker', 'from main']);
});

test('a worker has what it was given besides, attaches once, and a thread without a handle is told what to do', async (t) => {
  const kv = await storeFor(t);
  const worker = startWorker(t, kv);
  assert.equal(await ask(worker, 'task'), 'mine');
  assert.match(String(await ask(worker, 'again')), /^UsageError: this handle has been attached/);
  await assert.rejects(attach(), { code: 'USAGE', message: /new Worker\(file, kv\.share\(\)\)/ });
});

for (const end of ['close', 'exit', 'terminate'] as const) {
  test(`a worker that has waited for a key and ends (${end}) leaves nothing behind`, async (t) => {
    const kv = await storeFor(t);
    const worker = startWorker(t, kv);
    await ask(worker, 'hold');
    const exited = once(worker, 'exit');
    if (end === 'close') {
      await ask(worker, 'close');
      await worker.terminate();
    } else if (end === 'exit') {
      void ask(worker, 'exit');
    } else {
      await worker.terminate();
    }
    await exited;
    while (/reactor_threads:2/.test(await kv.info('server'))) await new Promise(setImmediate);
    // Whoever came later is the first in the queue now.
    const popped = kv.blpop(['held'], 0);
    while (kv.stats().blockedCommands === 0) await new Promise(setImmediate);
    await kv.rpush('held', ['for main']);
    assert.deepEqual(await popped, ['held', 'for main']);
    assert.match(await kv.info('clients'), /blocked_clients:0/);
    assert.equal((await kv.clientList()).trim().split('\n').length, 2, 'the two sessions of this thread');
  });
}

test('when the store is closed, attached threads are told: what waits there fails, and every later call', async (t) => {
  const kv = await open();
  const worker = startWorker(t, kv);
  const waiting = ask(worker, 'pop');
  while (!/cmd=blpop/.test(await kv.clientList())) await new Promise(setImmediate);
  await kv.close();
  assert.equal(await waiting, 'CLIENT_CLOSED');
  assert.deepEqual(await ask(worker, 'after'), ['CLIENT_CLOSED', 'CLIENT_CLOSED']);
});

test('a worker that comes too late is told so', async (t) => {
  const kv = await open();
  const share = kv.share();
  await kv.close();
  const worker = new Worker(new URL('./attached-worker.case.js', import.meta.url), share);
  t.after(() => worker.terminate());
  const [error] = (await once(worker, 'error')) as [Error & { code: string }];
  assert.equal(error.code, 'CLIENT_CLOSED');
});
