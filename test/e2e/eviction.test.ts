/** The memory limit of a server with several threads: kept while clients write, when it is lowered, and after a restart. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connectionFor, serverFor, until } from '../support/fixture.js';
import { type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

const MIB = 2 ** 20;
const LIMIT_BYTES = 4 * MIB;
/** What the commands under way and growing tables may use beyond the limit. */
const SLACK_BYTES = 256 * 1024;
const CLIENT_COUNT = 4;
const BATCH = 500;
const DIRECTIVES = { threads: '2', appendfsync: 'no', maxmemory: '4mb', 'maxmemory-policy': 'allkeys-lru' };

async function infoNumber(server: Server, field: string): Promise<number> {
  return Number(await server.info(field));
}

/** SETs keys with several clients at once. Returns the error replies. */
async function write(t: TestContext, server: Server, batches: number, prefix: string): Promise<string[]> {
  const refusals: string[] = [];
  const clients = Array.from({ length: CLIENT_COUNT }, async (_, client) => {
    const connection = await connectionFor(t, server);
    for (let batch = 0; batch < batches; batch++) {
      const requests = Array.from({ length: BATCH }, (_, i) => {
        return ['SET', `${prefix}:${client}:${batch}:${i}`, 'v'.repeat(50 + ((i * 37) % 400))];
      });
      const replies = await connection.pipeline(requests);
      refusals.push(...replies.map(String).filter((reply) => reply !== '+OK\r\n'));
    }
  });
  await Promise.all(clients);
  return refusals;
}

test('clients that write more than fits are all served, and the limit is kept', async (t) => {
  const server = await serverFor(t, { directives: DIRECTIVES });
  let most = 0;
  let isWriting = true;
  const looking = (async () => {
    while (isWriting) most = Math.max(most, await infoNumber(server, 'used_memory'));
  })();
  const refusals = await write(t, server, 20, 'key');
  isWriting = false;
  await looking;
  assert.deepEqual(refusals, []);
  assert.ok(most > LIMIT_BYTES / 2 && most <= LIMIT_BYTES + SLACK_BYTES, `${most} bytes were used at most`);
  const connection = await connectionFor(t, server);
  const left = Number(await connection.call('DBSIZE'));
  assert.equal(left + (await infoNumber(server, 'evicted_keys')), 20 * BATCH * CLIENT_COUNT);
});

test('a limit that is lowered is reached though nobody writes', async (t) => {
  const server = await serverFor(t, { directives: DIRECTIVES });
  const connection = await connectionFor(t, server);
  await write(t, server, 10, 'key');
  assert.equal(await connection.call('CONFIG', 'SET', 'maxmemory', '1mb'), 'OK');
  const isKept = async () => (await infoNumber(server, 'used_memory')) <= MIB;
  await until('what is too much is gone', 5000, isKept);
  assert.ok(Number(await connection.call('DBSIZE')) > 1000, 'and no more than that');
});

test('with noeviction writes are refused until there is room again', async (t) => {
  const server = await serverFor(t, { directives: { ...DIRECTIVES, 'maxmemory-policy': 'noeviction' } });
  const connection = await connectionFor(t, server);
  const refusals = await write(t, server, 20, 'key');
  const error = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  assert.ok(refusals.length > 0 && refusals.every((reply) => reply === error));
  await connection.call('FLUSHALL');
  assert.equal(await connection.call('SET', 'key', 'value'), 'OK');
  assert.equal(await infoNumber(server, 'evicted_keys'), 0);
});

test('a snapshot does not make writers evict more than before', async (t) => {
  const server = await serverFor(t, { directives: DIRECTIVES });
  const connection = await connectionFor(t, server);
  await write(t, server, 10, 'old');
  const before = await infoNumber(server, 'evicted_keys');
  await connection.call('BGSAVE');
  assert.deepEqual(await write(t, server, 2, 'new'), []);
  const evicted = (await infoNumber(server, 'evicted_keys')) - before;
  assert.ok(
    evicted < 3 * BATCH * CLIENT_COUNT,
    `${evicted} keys were evicted for ${2 * BATCH * CLIENT_COUNT}`,
  );
  const isReleased = async () => (await infoNumber(server, 'mem_not_counted_for_evict')) === 0;
  await until('what it needed is free again', 5000, isReleased);
});

test('what was evicted stays away after a restart, and what was not comes back', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const first = await startCrabkv({ directory, directives: DIRECTIVES });
  await write(t, first, 20, 'key');
  const connection = await first.connect();
  const keys = (await connection.call('KEYS', '*')) as string[];
  await first.kill();
  const second = await serverFor(t, { directory, directives: DIRECTIVES });
  const again = (await (await connectionFor(t, second)).call('KEYS', '*')) as string[];
  assert.deepEqual(again.sort(), keys.sort());
});
