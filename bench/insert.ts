/** Millions of keys, inserted one by one: what memory each takes, and how long others wait meanwhile. */

import { fill, KEY_BYTES, VALUE_BYTES } from '../test/support/bulk.js';
import { residentBytes } from '../test/support/process-usage.js';
import type { Server } from '../test/support/server.js';
import { medianOf } from './contest.js';
import { type Figure, pairOf, type Section } from './figure.js';
import { atMost } from './goal.js';
import { startOwn, startPeer } from './servers.js';
import type { Settings } from './settings.js';
import { measureWaits, type WaitTurn, waitFigures } from './waits.js';

/** Requests in one write while waits are measured: a long pipeline would make others wait by itself. */
const SMALL_BATCH = 16;
/** Bytes a key beyond its own and its value's. */
const MEMORY_GOAL_BYTES = 28;

interface InsertTurn extends WaitTurn {
  /** Growth a key, in bytes. */
  readonly used: number;
  readonly resident: number;
}

async function insert(settings: Settings, starting: Promise<Server>): Promise<InsertTurn> {
  const server = await starting;
  try {
    const before = { used: await usedMemory(server), resident: residentBytes(server.pid) };
    const [, waits] = await measureWaits(settings, server, () =>
      fill(server, { count: settings.keyCount, batch: SMALL_BATCH }),
    );
    return {
      ...waits,
      used: ((await usedMemory(server)) - before.used) / settings.keyCount,
      resident: (residentBytes(server.pid) - before.resident) / settings.keyCount,
    };
  } finally {
    await server.stop();
  }
}

async function usedMemory(server: Server): Promise<number> {
  return Number(await server.info('used_memory'));
}

/** Into fresh servers each time: tables are to grow from nothing. */
export async function measureInsert(settings: Settings): Promise<Section> {
  const turns = { crabkv: [] as InsertTurn[], redis: [] as InsertTurn[] };
  for (let i = 0; i < settings.repeats; i++) {
    turns.crabkv.push(await insert(settings, startOwn(settings, 'none')));
    turns.redis.push(await insert(settings, startPeer('none')));
  }
  const beyond = (kind: 'used' | 'resident') =>
    pairOf(turns, (own) => medianOf(own, (turn) => turn[kind]) - KEY_BYTES - VALUE_BYTES);
  const memory: Figure = {
    what: 'used_memory a key beyond key and value',
    unit: 'B',
    better: 'lower',
    digits: 1,
    values: beyond('used'),
    goal: { of: 'value', goal: atMost(MEMORY_GOAL_BYTES, 1) },
  };
  const keys = `${settings.keyCount / 1e6} M keys of ${KEY_BYTES} bytes with values of ${VALUE_BYTES} bytes`;
  return {
    title: 'Memory, and waits while keys are inserted',
    text: [
      `${keys}, inserted one by one over one connection (${SMALL_BATCH} requests in a write). A ping's wait counts the ` +
        'scheduler in: the pinging and the loading thread share the processors with the server.',
    ],
    figures: [
      memory,
      {
        what: 'the same by growth of resident memory',
        unit: 'B',
        better: 'lower',
        digits: 1,
        values: beyond('resident'),
      },
      ...waitFigures('while keys are inserted', turns),
    ],
  };
}
