/**
 * The commands of hashes, lists, sets and sorted sets under redis-benchmark, and MSET and INCR beside them.
 *
 * A row has its data to itself: both servers are emptied before it. Where requests use the data up or let it grow, that is
 * done before each turn, so that all turns meet the same; there is always more to pop than is popped.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { processorMs } from '../test/support/process-usage.js';
import type { Server } from '../test/support/server.js';
import { additions, numbered, type Request, scrambled, sendAll } from './collection-data.js';
import { bothInTurns, type Contestants, contest } from './contest.js';
import { atMost } from './goal.js';
import { CLIENTS, describeLoad, type LoadRow, type LoadSection, scaled } from './loads.js';
import { withBoth } from './servers.js';
import type { Settings } from './settings.js';

interface Plan {
  readonly what: string;
  /** Words between spaces. */
  readonly command: string;
  /** Requests of a turn with P=16. */
  readonly requests: number;
  /** Numbers of `__rand_int__` are drawn from so many. */
  readonly range?: number;
  /** The data that must be there before so many requests. */
  readonly data?: (requests: number) => Iterable<Request>;
  /** Whether each turn needs the data anew. */
  readonly changesData?: boolean;
  /** For CPU time per operation with P=16, as ratio to Redis; 0.75 where nothing is said. */
  readonly goal?: number;
}

const GOAL = 0.75;
const PIPELINE = 16;
/** Requests of a turn without a pipeline. */
const SINGLE_REQUESTS = 100_000;

const FIELDS = 100_000;
const FIELDS_FEW = 20;
const MEMBERS = 1_000_000;
const LIST_SIZE = 100_000;
const MSET_KEYS = 10;
/** More elements than are popped: redis-benchmark may send some requests more than it is asked for. */
const SPARE = 10_000;

/** A server has nothing left to do when it took no tick of the processor for so long. */
const QUIET_MS = 100;
const QUIET_ATTEMPTS = 600;

const element = (i: number): Request => [numbered('element', i)];
const hash = (count: number) => () =>
  additions('HSET', 'hash', count, (i) => [numbered('field', i), numbered('value', i)]);
const list = (count: number) => additions('RPUSH', 'list', count, element);
const sortedSet = () =>
  additions('ZADD', 'ranking', MEMBERS, (i) => [String(scrambled(i)), numbered('element', i)]);

const HSET = 'HSET hash field:__rand_int__ value:__rand_int__';
const HGET = 'HGET hash field:__rand_int__';
const RANDOM_VALUE = ' key:__rand_int__ value:__rand_int__';

const PLANS: readonly Plan[] = [
  { what: 'LPUSH', command: 'LPUSH list element:__rand_int__', requests: 1_000_000, changesData: true },
  { what: 'RPUSH', command: 'RPUSH list element:__rand_int__', requests: 1_000_000, changesData: true },
  {
    what: 'LPOP',
    command: 'LPOP list',
    requests: 1_000_000,
    data: (requests) => list(requests + SPARE),
    changesData: true,
  },
  {
    what: 'RPOP',
    command: 'RPOP list',
    requests: 1_000_000,
    data: (requests) => list(requests + SPARE),
    changesData: true,
  },
  { what: 'LRANGE_100', command: 'LRANGE list 0 99', requests: 200_000, data: () => list(LIST_SIZE) },
  {
    what: 'SADD, members drawn from 1 M',
    command: 'SADD set element:__rand_int__',
    requests: 1_000_000,
    range: MEMBERS,
    changesData: true,
  },
  {
    what: 'SPOP',
    command: 'SPOP set',
    requests: 1_000_000,
    data: (requests) => additions('SADD', 'set', requests + SPARE, element),
    changesData: true,
  },
  {
    what: 'HSET, hash of 100,000 fields',
    command: HSET,
    requests: 1_000_000,
    range: FIELDS,
    data: hash(FIELDS),
  },
  {
    what: 'HGET, hash of 100,000 fields',
    command: HGET,
    requests: 1_000_000,
    range: FIELDS,
    data: hash(FIELDS),
  },
  {
    what: 'HSET, hash of 20 fields',
    command: HSET,
    requests: 1_000_000,
    range: FIELDS_FEW,
    data: hash(FIELDS_FEW),
  },
  {
    what: 'HGET, hash of 20 fields',
    command: HGET,
    requests: 1_000_000,
    range: FIELDS_FEW,
    data: hash(FIELDS_FEW),
  },
  {
    what: 'ZADD, members and scores drawn from 1 M',
    command: 'ZADD ranking __rand_int__ element:__rand_int__',
    requests: 500_000,
    range: MEMBERS,
    changesData: true,
  },
  {
    what: 'ZRANGE 0 9, 1 M members',
    command: 'ZRANGE ranking 0 9',
    requests: 500_000,
    data: sortedSet,
  },
  {
    what: 'ZRANK, 1 M members',
    command: 'ZRANK ranking element:__rand_int__',
    requests: 500_000,
    range: MEMBERS,
    data: sortedSet,
  },
  { what: 'INCR, 100,000 keys', command: 'INCR counter:__rand_int__', requests: 1_000_000 },
  {
    what: `MSET of ${MSET_KEYS} keys`,
    command: `MSET${RANDOM_VALUE.repeat(MSET_KEYS)}`,
    requests: 200_000,
    goal: 0.6,
  },
];

/** Empties the server, lays the row's data and waits until it has nothing left to do, such as giving memory back. */
async function lay(server: Server, plan: Plan, requests: number): Promise<void> {
  await sendAll(server, [['FLUSHALL']]);
  await sendAll(server, plan.data?.(requests) ?? []);
  for (let i = 0; i < QUIET_ATTEMPTS; i++) {
    const beforeMs = processorMs(server.pid);
    await delay(QUIET_MS);
    if (!(processorMs(server.pid) > beforeMs)) return;
  }
  throw new Error(`${server.name} does not come to rest before ${plan.what}`);
}

/** Nothing left means that something was popped from nothing. */
async function checkNotEmpty(server: Server, { what }: Plan): Promise<void> {
  const connection = await server.connect();
  const count = await connection.call('DBSIZE');
  connection.close();
  if (count === 0) throw new Error(`${server.name} ran empty during ${what}`);
}

async function measure(
  settings: Settings,
  both: Contestants,
  plan: Plan,
  pipeline: number,
): Promise<LoadRow> {
  const load = scaled(
    {
      test: plan.command.split(' '),
      clients: CLIENTS,
      pipeline,
      requests: pipeline === 1 ? Math.min(SINGLE_REQUESTS, plan.requests) : plan.requests,
      ...(plan.range === undefined ? {} : { keys: plan.range }),
    },
    settings,
  );
  const prepare = (server: Server) => lay(server, plan, load.requests);
  if (!plan.changesData) await bothInTurns(both, 1, prepare);
  const figures = await contest(both, load, settings.repeats, plan.changesData ? prepare : undefined);
  await bothInTurns(both, 1, (server) => checkNotEmpty(server, plan));
  const goals = pipeline === 1 ? {} : { cpuMicros: atMost(plan.goal ?? GOAL) };
  return { what: `${plan.what}, P=${pipeline}`, figures, goals };
}

export async function measureCollections(settings: Settings): Promise<LoadSection> {
  const rows: LoadRow[] = [];
  await withBoth(settings, 'none', async (both) => {
    for (const plan of PLANS) {
      for (const pipeline of [PIPELINE, 1]) {
        const row = await measure(settings, both, plan, pipeline);
        rows.push(row);
        console.log(describeLoad(row));
      }
    }
  });
  return {
    title: 'Collections',
    text: [
      `No persistence, ${CLIENTS} connections, elements of 18 to 20 bytes. LPUSH, RPUSH, SADD and ZADD begin with an empty key ` +
        'in each turn; HSET changes fields that are there.',
    ],
    rows,
  };
}
