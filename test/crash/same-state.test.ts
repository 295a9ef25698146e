/**
 * What a server has in memory is what the next one has, whatever happened: writers of all types in several databases, deadlines,
 * flushes and snapshots all at once, then kill -9. Everything is written down before the kill and compared after the start,
 * entry by entry: so nothing may be missing, and nothing may have come back.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { until } from '../support/fixture.js';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import { collectionRequest, describeKeys } from './collection-requests.js';

const ROUNDS = 3;
const WRITERS = 6;
const BATCHES = 60;
const BATCH = 40;
const KEYS = 3000;
const DATABASES = 3;
/** Far enough that nothing ends while it is looked at. */
const FAR_MS = 3_600_000;

function randomKey(random: SeededRandom): string {
  return `key:${random.below(KEYS)}`;
}

function randomValue(random: SeededRandom): string {
  return 'v'.repeat(random.below(20) === 0 ? random.below(30_000) : random.below(80));
}

/** A request that changes a part of a value, or moves one to another name or database. */
function randomChange(random: SeededRandom): string[] {
  const key = randomKey(random);
  const other = randomKey(random);
  const database = String(random.below(DATABASES));
  switch (random.below(14)) {
    case 0:
      return ['RENAME', key, other];
    case 1:
      return ['RENAMENX', key, other];
    case 2:
      return ['COPY', key, other, 'DB', database, 'REPLACE'];
    case 3:
      return ['MOVE', key, database];
    case 4:
      return ['SETRANGE', key, String(random.below(200)), randomValue(random)];
    case 5:
      return ['SETBIT', key, String(random.below(4000)), '1'];
    case 6:
      return ['BITFIELD', key, 'INCRBY', 'u16', '#3', '7', 'SET', 'i40', '100', '-5'];
    case 7:
      return ['BITOP', 'XOR', key, other, randomKey(random)];
    case 8:
      return ['PFADD', `hll:${random.below(5)}`, other, key];
    case 9:
      return ['PFMERGE', `hll:${random.below(5)}`, `hll:${random.below(5)}`];
    case 10:
      return ['GETEX', key, 'PERSIST'];
    case 11:
      return ['GETDEL', key];
    case 12:
      return ['MSETNX', key, randomValue(random), other, 'both'];
    default:
      return random.below(20) === 0 ? ['SWAPDB', database, '0'] : ['INCRBYFLOAT', 'sum', '0.25'];
  }
}

/** One request of a writer. Flushes are rare, so that there is something to flush. */
function randomRequest(random: SeededRandom): string[] {
  if (random.below(3) === 0) return collectionRequest(random);
  const key = randomKey(random);
  const value = randomValue(random);
  const deadline = String(Date.now() + FAR_MS + random.below(1000));
  switch (random.below(22)) {
    case 0:
      return ['DEL', key, `key:${random.below(KEYS)}`, `key:${random.below(KEYS)}`];
    case 1:
      return ['MSET', key, value, `key:${random.below(KEYS)}`, value, `key:${random.below(KEYS)}`, 'last'];
    case 2:
      return ['INCRBY', `count:${random.below(50)}`, String(random.below(1000))];
    case 3:
      return ['APPEND', key, value];
    case 4:
      return ['PEXPIREAT', key, deadline];
    case 5:
      return ['PERSIST', key];
    case 6:
      return ['SET', key, value, 'PXAT', deadline];
    case 7:
      return ['SET', key, value, 'PX', String(1 + random.below(30))];
    case 8:
      return ['SELECT', String(random.below(DATABASES))];
    case 9:
      if (random.below(150) !== 0) return ['GET', key];
      return random.below(3) === 0 ? ['FLUSHALL'] : ['FLUSHDB'];
    case 10:
    case 11:
    case 12:
    case 13:
      return randomChange(random);
    default:
      return ['SET', key, value];
  }
}

async function write(server: Server, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const connection = await server.connect();
  for (let batch = 0; batch < BATCHES; batch++) {
    await connection.pipeline(Array.from({ length: BATCH }, () => randomRequest(random)));
  }
  connection.close();
}

/** Every key of every database with its value and deadline. */
async function stateOf(server: Server): Promise<Map<string, string>> {
  const state = new Map<string, string>();
  const connection = await server.connect();
  for (let database = 0; database < DATABASES; database++) {
    await connection.call('SELECT', String(database));
    for (const [key, text] of await describeKeys(connection, await allKeys(connection))) {
      state.set(`${database} ${key}`, text);
    }
    assert.equal(
      await connection.call('DBSIZE'),
      [...state.keys()].filter((name) => name.startsWith(`${database} `)).length,
    );
  }
  connection.close();
  return state;
}

async function allKeys(connection: RespConnection): Promise<string[]> {
  return ((await connection.call('KEYS', '*')) as string[]).toSorted();
}

/** Keys with a deadline of some milliseconds are gone, so that both states are looked at as of the same moment. */
async function untilShortLivedAreGone(server: Server): Promise<void> {
  const connection = await server.connect();
  await until('keys with a short life are gone', 5000, async () => {
    const before = await server.info('expired_keys');
    await new Promise((resolve) => setTimeout(resolve, 300));
    return before === (await server.info('expired_keys'));
  });
  connection.close();
}

test('after kill -9 the state is the same, entry by entry, through flushes, deadlines and snapshots', async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const directory = makeTemporaryDirectory();
  const start = (round: number): Promise<Server> =>
    startCrabkv({
      directory,
      directives: {
        threads: round % 2 === 0 ? '2' : '1',
        appendfsync: 'everysec',
        'wal-segment-size': '1mb',
      },
    });
  let server = await start(0);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const control = await server.connect();
      const writers = Array.from({ length: WRITERS }, (_, writer) =>
        write(server, seed + round * WRITERS + writer),
      );
      let isWriting = true;
      const all = Promise.all(writers).finally(() => {
        isWriting = false;
      });
      while (isWriting) {
        await control.call('BGSAVE', 'SCHEDULE');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await all;
      control.close();
      await untilShortLivedAreGone(server);
      const before = await stateOf(server);
      await server.kill();
      server = await start(round + 1);
      const after = await stateOf(server);
      t.diagnostic(`round ${round}: ${before.size} keys`);
      assert.deepEqual(after, before);
    }
  } finally {
    await server.kill();
    removeTemporaryDirectory(directory);
  }
});
