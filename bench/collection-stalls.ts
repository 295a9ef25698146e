/**
 * How long others wait while a huge sorted set is snapshotted, and while it is deleted.
 *
 * The client asks for nothing (PING), for other keys (GET), and for the size of the sorted set itself (ZCARD), whose shard is
 * the one at work. It asks one thing at a time: a server that stands still for seconds is asked once meanwhile, so its worst wait
 * says more than its percentiles.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { bulkKey, fill } from '../test/support/bulk.js';
import { until } from '../test/support/fixture.js';
import type { PingWaits } from '../test/support/ping-probe.js';
import type { Server } from '../test/support/server.js';
import { additions, numbered, type Request, scrambled, sendAll } from './collection-data.js';
import { bothInTurns, medianOf } from './contest.js';
import { type Figure, pairOf, type Section } from './figure.js';
import { atMost } from './goal.js';
import { withBoth } from './servers.js';
import type { Settings } from './settings.js';
import { backgroundSave } from './snapshots.js';
import { measureWaits, QUIET_GOAL, type WaitTurn } from './waits.js';

const KEY = 'ranking';
/** Keys that are asked for in turn: enough to meet most shards. */
const OTHER_KEYS = 200;
const REQUESTS: readonly Request[] = Array.from({ length: OTHER_KEYS }, (_, i) => [
  ['PING'],
  ['GET', bulkKey(i)],
  ['ZCARD', KEY],
]).flat();

/** Laying millions of members takes a while, on either side. */
const TURNS_MAX = 3;
/** The deletion is over when less than this share of the memory is still there. */
const REST = 0.05;
const DELETE_LIMIT_MS = 120_000;
const POLL_MS = 100;

/** What is reported of the waits, and what it is called. */
const SHOWN: readonly (readonly [field: keyof PingWaits, name: string])[] = [
  ['p99', 'p99'],
  ['p999', 'p99.9'],
  ['max', 'worst'],
];

interface StallTurn {
  readonly saving: WaitTurn;
  readonly deleting: WaitTurn;
}

async function usedMemory(server: Server): Promise<number> {
  return Number(await server.info('used_memory'));
}

/** DEL, and what follows it until the memory is free. */
async function remove(server: Server, emptyBytes: number): Promise<void> {
  const limit = emptyBytes + ((await usedMemory(server)) - emptyBytes) * REST;
  const connection = await server.connect();
  const reply = await connection.call('DEL', KEY);
  connection.close();
  if (reply !== 1) throw new Error(`DEL of ${server.name} failed: ${JSON.stringify(reply)}`);
  await until('the memory is free', DELETE_LIMIT_MS, async () => {
    if ((await usedMemory(server)) <= limit) return true;
    await delay(POLL_MS);
    return false;
  });
}

async function measureTurn(settings: Settings, server: Server): Promise<StallTurn> {
  await fill(server, { count: OTHER_KEYS });
  const emptyBytes = await usedMemory(server);
  await sendAll(
    server,
    additions('ZADD', KEY, settings.memberCount, (i) => [String(scrambled(i)), numbered('element', i)]),
  );
  const [, saving] = await measureWaits(settings, server, () => backgroundSave(server), REQUESTS);
  const [, deleting] = await measureWaits(settings, server, () => remove(server, emptyBytes), REQUESTS);
  return { saving, deleting };
}

/** What the client waited in one situation, beside the quiet before it. */
function figuresOf(when: string, turns: { crabkv: WaitTurn[]; redis: WaitTurn[] }): Figure[] {
  const common = { unit: 'ms', better: 'lower', digits: 2 } as const;
  const waits = (title: string, phase: keyof WaitTurn) =>
    SHOWN.map(([field, name]): Figure => {
      const values = pairOf(turns, (own) => medianOf(own, (turn) => turn[phase][field]));
      return { ...common, what: `${title}, ${name}`, values };
    });
  return [
    ...waits(`wait of a request, quiet before (${when})`, 'quiet'),
    ...waits(`wait of a request ${when}`, 'busy'),
    {
      ...common,
      what: `p99 as multiple of the quiet p99 (${when})`,
      unit: 'x',
      values: pairOf(turns, (own) => medianOf(own, ({ quiet, busy }) => busy.p99 / quiet.p99)),
      goal: { of: 'value', goal: atMost(QUIET_GOAL) },
    },
  ];
}

export async function measureCollectionStalls(settings: Settings): Promise<Section> {
  const repeats = Math.min(settings.repeats, TURNS_MAX);
  const turns = await withBoth(settings, 'none', (both) =>
    bothInTurns(both, repeats, (server) => measureTurn(settings, server)),
  );
  const of = (field: keyof StallTurn) => ({
    crabkv: turns.crabkv.map((turn) => turn[field]),
    redis: turns.redis.map((turn) => turn[field]),
  });
  return {
    title: 'Waits for a huge sorted set',
    text: [
      `Of ${settings.memberCount / 1e6} M members, ${repeats} turn(s). One client asks PING, GET and ZCARD in turn, one at a ` +
        'time: a server that stands still meets it once, so see the worst wait, too. DEL counts until the memory is free.',
    ],
    figures: [
      ...figuresOf('during BGSAVE of a sorted set', of('saving')),
      ...figuresOf('during DEL of a sorted set', of('deleting')),
    ],
  };
}
