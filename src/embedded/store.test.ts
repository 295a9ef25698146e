import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { ClientError, MaybeAppliedError, ReplyError } from '../client/errors.js';
import { type OpenOptions, open } from './open.js';
import type { OpenedStore } from './store.js';

async function storeFor(t: TestContext, options: OpenOptions = {}): Promise<OpenedStore> {
  const kv = await open(options);
  t.after(() => kv.close());
  return kv;
}

/** Runs the loop once: the end of this turn, and the beginning of the next. */
const turn = (): Promise<void> => new Promise(setImmediate);

test('what is asked for by promises and at once happens in the order of the program', async (t) => {
  const kv = await storeFor(t);
  const set = kv.set('a', 1);
  assert.equal(kv.sync.get('a'), '1', 'the promise came first');
  assert.equal(kv.sync.incr('a'), 2);
  assert.equal(await kv.get('a'), '2');
  assert.equal(await set, 'OK');
});

test('errors of commands are thrown, or rejected with, as ReplyError that names the command', async (t) => {
  const kv = await storeFor(t);
  kv.sync.set('text', 'x');
  const expected = (error: unknown): boolean =>
    error instanceof ReplyError && error.prefix === 'WRONGTYPE' && error.command === 'LPUSH';
  assert.throws(() => kv.sync.lpush('text', 'y'), expected);
  await assert.rejects(kv.lpush('text', 'y'), expected);
  assert.equal(kv.sync.get('text'), 'x', 'the store goes on');
});

test('values handed out are copies: neither the store nor the caller can change the other', async (t) => {
  const kv = await storeFor(t);
  const given = Buffer.from('original');
  kv.sync.set('k', given);
  given.fill(0);
  const had = kv.sync.buffers.get('k') as Buffer;
  assert.equal(String(had), 'original');
  had.fill(0);
  assert.equal(kv.sync.get('k'), 'original');
  const held = (await kv.buffers.get('k')) as Buffer;
  kv.sync.set('k', 'changed!');
  assert.equal(String(held), 'original');
});

test('large values and long lists of arguments go both ways', async (t) => {
  const kv = await storeFor(t);
  const large = 'ü'.repeat(5_000_000);
  assert.equal(kv.sync.set('large', large), 'OK');
  assert.equal(kv.sync.get('large'), large);
  assert.equal(await kv.get('large'), large);
  const members = Array.from({ length: 100_000 }, (_, index) => `member ${index}`);
  assert.equal(kv.sync.sadd('set', members), members.length);
  assert.equal((await kv.smembers('set')).size, members.length);
  assert.equal(kv.sync.get('small'), undefined, 'small calls work after large ones');
});

test('time goes on in a synchronous loop: keys expire, and are deleted, though the loop has no turn', async (t) => {
  const kv = await storeFor(t);
  for (let index = 0; index < 1000; index++) kv.sync.set(`short:${index}`, 'x', { px: 300 });
  assert.equal(kv.sync.get('short:999'), 'x');
  const endMs = Date.now() + 5000;
  while (kv.sync.get('short:0') !== undefined) assert.ok(Date.now() < endMs, 'expires');
  while (kv.sync.dbsize() !== 0) assert.ok(Date.now() < endMs, 'all are deleted');
});

test('a program that awaits one answer after the other lets timers have their turn', async (t) => {
  const kv = await storeFor(t);
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, 20);
  const endMs = Date.now() + 5000;
  while (!isOver) {
    await kv.get('nothing');
    assert.ok(Date.now() < endMs, 'the timer fires');
  }
});

test('commands that block have sessions of their own, and wait in the order of their arrival', async (t) => {
  const kv = await storeFor(t);
  const popped = [kv.blpop(['q'], 0), kv.blpop(['q'], 0), kv.brpop(['other', 'q'], 0)];
  while (kv.stats().blockedCommands !== 3) await turn();
  await turn();
  assert.equal(await kv.set('meanwhile', 'works'), 'OK');
  kv.sync.rpush('q', ['1', '2', '3']);
  assert.deepEqual(await Promise.all(popped), [
    ['q', '1'],
    ['q', '2'],
    ['q', '3'],
  ]);
  assert.deepEqual(kv.stats(), { pendingCommands: 0, blockedCommands: 0 });
  assert.equal(await kv.blpop(['q'], 0.01), undefined);
});

test('at once, a command that blocks takes what is there, or nothing, and never disturbs those that wait', async (t) => {
  const kv = await storeFor(t);
  assert.equal(kv.sync.blpop(['q'], 0), undefined);
  const waiting = kv.blpop(['q', 'r'], 0);
  await turn();
  assert.equal(kv.sync.blpop(['q'], 0), undefined);
  kv.sync.rpush('s', 'x');
  assert.deepEqual(kv.sync.blpop(['s'], 0), ['s', 'x']);
  kv.sync.rpush('r', 'y');
  assert.deepEqual(await waiting, ['r', 'y']);
});

test('a command that is given up, by time or by signal, takes nothing any more', async (t) => {
  const kv = await storeFor(t);
  await assert.rejects(kv.with({ timeoutMs: 10 }).blpop(['q'], 0), {
    code: 'COMMAND_TIMEOUT',
    wasSent: true,
  });
  const controller = new AbortController();
  const aborted = kv.with({ signal: controller.signal }).blpop(['q'], 0);
  await turn();
  controller.abort('enough');
  kv.sync.rpush('q', 'kept');
  await assert.rejects(aborted, { code: 'ABORTED', wasSent: true, cause: 'enough' });
  assert.deepEqual(kv.sync.lrange('q', 0, -1), ['kept']);
  await assert.rejects(kv.with({ signal: controller.signal }).get('q'), { code: 'ABORTED', wasSent: false });
  assert.equal(await kv.with({ timeoutMs: 1000, signal: new AbortController().signal }).llen('q'), 1);
});

test('views have Buffers, or strings again; a wrong option is named', async (t) => {
  const kv = await storeFor(t);
  await kv.set('k', 'v');
  assert.deepEqual(await kv.with({ buffers: true }).get('k'), Buffer.from('v'));
  assert.equal(await kv.buffers.with({ buffers: false }).get('k'), 'v');
  assert.deepEqual(await kv.buffers.with({ timeoutMs: 1000 }).mget(['k', 'none']), [
    Buffer.from('v'),
    undefined,
  ]);
  assert.throws(() => kv.with({ timeoutMs: -1 }), { code: 'USAGE', message: /timeoutMs is -1/ });
  assert.throws(() => kv.with({ retry: 'always' } as object), {
    code: 'USAGE',
    message: /'retry' is no option/,
  });
});

test('send runs any command by name, but for those that are about the session', async (t) => {
  const kv = await storeFor(t);
  await kv.send('SET', 'k', 'v');
  assert.equal(await kv.send('object', 'encoding', 'k'), 'embstr');
  assert.equal(kv.sync.send('Object', Buffer.from('Encoding'), 'k'), 'embstr');
  const waiting = kv.send('BLPOP', 'q', 0);
  assert.equal(await kv.get('k'), 'v', 'is not held up');
  kv.sync.rpush('q', 'x');
  assert.deepEqual(await waiting, ['q', 'x']);
  await assert.rejects(kv.send('NOSUCH', 'x'), { code: 'REPLY_ERROR', message: /unknown command/ });
  assert.throws(() => kv.sync.send('OBJECT', 'NOSUCH', 'x'), { code: 'REPLY_ERROR' });
  for (const [name, ...args] of [
    ['SELECT', '1'],
    ['hello', '2'],
    ['MONITOR'],
    ['client', 'reply', 'off'],
  ] as const) {
    await assert.rejects(kv.send(name, ...args), { code: 'USAGE' });
    assert.throws(() => kv.sync.send(name, ...args), { code: 'USAGE' });
  }
});

test('commands that need other threads are refused at once, before anything is done, and work by promise', async (t) => {
  const kv = await storeFor(t);
  const refused = { code: 'USAGE', message: /use the asynchronous method/ };
  assert.throws(() => kv.sync.configSet({ 'slowlog-max-len': '7' }), refused);
  assert.deepEqual(kv.sync.configGet(['slowlog-max-len']), new Map([['slowlog-max-len', '128']]));
  assert.throws(() => kv.sync.send('CLIENT', 'LIST'), refused);
  assert.throws(() => kv.sync.send('WAIT', 0, 0), refused);
  await kv.configSet({ 'slowlog-max-len': '7' });
  assert.deepEqual(kv.sync.configGet(['slowlog-max-len']), new Map([['slowlog-max-len', '7']]));
});

test('during a pause promises wait, and a call at once says that it can not', async (t) => {
  const kv = await storeFor(t);
  await kv.send('CLIENT', 'PAUSE', 60_000, 'WRITE');
  assert.throws(
    () => kv.sync.set('k', 1),
    (error) => error instanceof ClientError && error.code === 'PAUSED',
  );
  assert.equal(kv.sync.get('k'), undefined, 'reading goes on');
  let isSet = false;
  const set = kv.set('k', 2).then(() => {
    isSet = true;
  });
  await turn();
  await turn();
  assert.equal(isSet, false);
  kv.sync.send('CLIENT', 'UNPAUSE');
  await set;
  assert.equal(kv.sync.get('k'), '2');
});

test('the store has its sessions in CLIENT LIST; one that is killed fails what waits, and is followed by another', async (t) => {
  const kv = await storeFor(t);
  const waiting = kv.blpop(['q'], 0);
  await turn();
  const line = (await kv.clientList()).split('\n').find((text) => text.includes('cmd=blpop')) ?? '';
  assert.match(line, /addr=in-process:\d+ laddr=in-process .* resp=3/);
  const id = /id=(\d+)/.exec(line)?.[1] as string;
  const killed = assert.rejects(waiting, (error) => error instanceof MaybeAppliedError);
  assert.equal(await kv.send('CLIENT', 'KILL', 'ID', id), 1);
  await killed;
  const next = kv.blpop(['q'], 0);
  await turn();
  kv.sync.rpush('q', 'x');
  assert.deepEqual(await next, ['q', 'x']);
});

test('databases are apart; a number that is none is refused', async (t) => {
  const kv = await storeFor(t, { db: 3 });
  await kv.set('k', 'three');
  assert.equal(kv.sync.get('k'), 'three');
  assert.match(await kv.info('keyspace'), /db3:keys=1/);
  await assert.rejects(open({ db: 16 }), {
    code: 'USAGE',
    message: /db is 16; it must be a whole number from 0 to 15/,
  });
  await assert.rejects(open({ nonsense: 1 } as object), {
    code: 'CONFIG',
    message: /unknown option 'nonsense' \(open\)/,
  });
});

test('TCP clients see the same data while the application uses it; a password is for them alone', async (t) => {
  const kv = await storeFor(t, { requirepass: 'secret' });
  const port = await kv.listen({ port: 0, host: '127.0.0.1' });
  assert.equal(kv.port, port);
  const redis = new Redis({ port, password: 'secret', lazyConnect: true });
  t.after(() => redis.disconnect());
  await redis.connect();
  kv.sync.set('from', 'here');
  assert.equal(await redis.get('from'), 'here');
  await redis.set('from', 'there');
  assert.equal(kv.sync.get('from'), 'there');
  const popped = redis.blpop('q', 0);
  while (!/cmd=blpop/.test(await kv.clientList())) await turn();
  kv.sync.rpush('q', 'x');
  assert.deepEqual(await popped, ['q', 'x']);
  const waiting = kv.brpop(['r'], 0);
  await redis.lpush('r', 'y');
  assert.deepEqual(await waiting, ['r', 'y']);
});

test('close answers what is under way, fails what blocks, and refuses what comes after it', async () => {
  const kv = await open();
  const under = [kv.set('a', 1), kv.incr('a'), kv.configSet({ hz: '20' })];
  const blocked = assert.rejects(kv.blpop(['q'], 0), { code: 'CLIENT_CLOSED' });
  await turn();
  const last = kv.get('a');
  const closing = kv.close();
  await assert.rejects(kv.get('a'), { code: 'CLIENT_CLOSED' });
  assert.deepEqual(await Promise.all(under), ['OK', 2, 'OK']);
  assert.equal(await last, '2');
  await blocked;
  await closing;
  await kv.close();
  await kv.ended;
  assert.throws(() => kv.sync.get('a'), { code: 'CLIENT_CLOSED' });
});

test('SHUTDOWN by a client ends the store, not the process', async () => {
  const kv = await open();
  const port = await kv.listen({ port: 0, host: '127.0.0.1' });
  const redis = new Redis({ port, retryStrategy: () => null });
  redis.on('error', () => {});
  await redis.ping();
  redis.shutdown('NOSAVE').catch(() => {});
  await kv.ended;
  await assert.rejects(kv.get('a'), { code: 'CLIENT_CLOSED' });
  redis.disconnect();
});

test('many stores in one thread are strangers to one another', async () => {
  const stores = await Promise.all(Array.from({ length: 4 }, () => open()));
  for (const [index, kv] of stores.entries()) kv.sync.set('which', index);
  for (const [index, kv] of stores.entries()) assert.equal(await kv.get('which'), String(index));
  await Promise.all(stores.map((kv) => kv.close()));
});

test('a call at the very end of the stack ends the store instead of leaving it locked', async () => {
  const fatal: Error[] = [];
  const kv = await open({ onFatal: (error) => fatal.push(error) });
  const recurse = (depth: number): void => {
    kv.sync.incr('depth');
    recurse(depth + 1);
  };
  assert.throws(() => recurse(0), RangeError);
  await turn();
  await turn();
  // Where the stack has ended outside of a command, nothing has happened.
  if (fatal.length === 0) {
    assert.ok(Number(kv.sync.get('depth')) > 100);
  } else {
    assert.match(String(fatal), /a command has thrown/);
    assert.throws(() => kv.sync.get('depth'), RangeError);
    await assert.rejects(kv.get('depth'), { code: 'CLIENT_CLOSED' });
  }
  await kv.close();
});
