/**
 * Eviction: how many requests a full cache answers, and what a SET costs that has to evict.
 *
 * The trace is that of a cache before something slower: keys are asked for by Zipf's law, several times as many as fit, and what
 * is not there is set. All servers get the same requests batch by batch at the same time, so that the clocks by which LRU
 * goes are as fine for all of them.
 *
 * At the same `maxmemory` the server that needs less memory a key has the advantage. What the policy alone is worth shows a
 * second CrabKV, whose `maxmemory` is made so small, from the moment when Redis is full, that it holds as many keys as Redis.
 */

import { fill } from '../test/support/bulk.js';
import type { RespConnection } from '../test/support/connection.js';
import { until } from '../test/support/fixture.js';
import { encodeRequest } from '../test/support/resp.js';
import type { Server } from '../test/support/server.js';
import { bothInTurns, cpuMicrosOf, median } from './contest.js';
import type { Figure, Section } from './figure.js';
import { atLeast, atMost } from './goal.js';
import { type Directives, startOwn, startPeer, stopAll, stopBoth } from './servers.js';
import type { Settings } from './settings.js';
import { ZipfTrace } from './zipf.js';

const MIB = 2 ** 20;
const SEED = 20_240_607;
/** Several times as many as fit. */
const KEY_COUNT = 200_000;
/** Keys asked for in one MGET. */
const BATCH = 64;
const FILL_REQUESTS = 240_000;
const COUNTED_REQUESTS = 180_000;
/** While caches fill, the second CrabKV's limit is corrected after so many. */
const REQUESTS_PER_CORRECTION = 10_000;
const CORRECTION_LIMIT_MS = 10_000;
const FIXED_VALUE_BYTES = 64;
const MIXED_VALUE_BYTES_MAX = 1024;

interface Plan {
  readonly policy: 'allkeys-lru' | 'allkeys-lfu';
  readonly alpha: number;
  readonly values: 'of 64 bytes' | 'of 1 to 1024 bytes';
  readonly limitBytes: number;
}

const PLANS: readonly Plan[] = (['allkeys-lru', 'allkeys-lfu'] as const).flatMap((policy) => [
  { policy, alpha: 0.99, values: 'of 64 bytes', limitBytes: 6 * MIB },
  { policy, alpha: 0.8, values: 'of 64 bytes', limitBytes: 6 * MIB },
  { policy, alpha: 0.99, values: 'of 1 to 1024 bytes', limitBytes: 24 * MIB },
]);

/** SETs of keys that are hardly ever the same. */
const EVICTING_SETS = { test: 'set', clients: 50, pipeline: 16, requests: 200_000, keys: 1e9 } as const;
const FULL_BYTES = 32 * MIB;
/** More than fit into it. */
const FULL_KEYS = 500_000;

/** A server that the trace is played to. */
class Cache {
  readonly server: Server;
  private readonly connection: RespConnection;
  private hits = 0;
  private requests = 0;

  private constructor(server: Server, connection: RespConnection) {
    this.server = server;
    this.connection = connection;
  }

  static async on(server: Server): Promise<Cache> {
    return new Cache(server, await server.connect());
  }

  /** Asks for `keys` with `request`, and sets those that are missing. */
  async ask(request: Buffer, keys: readonly number[], plan: Plan): Promise<void> {
    this.connection.send(request);
    const missing = missingKeys(await this.connection.frame(), keys);
    this.requests += keys.length;
    this.hits += keys.length - missing.length;
    if (missing.length === 0) return;
    this.connection.send(
      Buffer.concat(missing.map((key) => encodeRequest(['SET', keyName(key), valueFor(key, plan)]))),
    );
    for (const reply of await this.connection.frames(missing.length)) {
      if (reply[0] !== 0x2b) throw new Error(`a SET was refused: ${reply.toString('latin1')}`);
    }
  }

  /** Percent of the requests since the last call that found their key. */
  takeHitRate(): number {
    const rate = (this.hits / this.requests) * 100;
    this.hits = 0;
    this.requests = 0;
    return rate;
  }

  async keyCount(): Promise<number> {
    return Number(await this.connection.call('DBSIZE'));
  }

  /** True when keys have had to go already. */
  async isFull(): Promise<boolean> {
    return Number(await this.server.info('evicted_keys')) > 0;
  }

  /** Sets the limit to where the cache should hold as many keys as `other`. */
  async adjustTo(other: Cache): Promise<void> {
    const used = Number(await this.server.info('used_memory'));
    const limit = Math.round((used * (await other.keyCount())) / (await this.keyCount()));
    await this.connection.call('CONFIG', 'SET', 'maxmemory', limit);
    await until('the limit is kept', CORRECTION_LIMIT_MS, async () => {
      return Number(await this.server.info('used_memory')) <= limit;
    });
  }
}

/** Those of `keys` that have no value in the reply of MGET: an array of bulk strings, of which only the sizes are read. */
function missingKeys(frame: Buffer, keys: readonly number[]): number[] {
  let at = frame.indexOf('\n') + 1;
  return keys.filter(() => {
    const lineEnd = frame.indexOf('\n', at);
    const size = Number(frame.toString('latin1', at + 1, lineEnd - 1));
    at = size < 0 ? lineEnd + 1 : lineEnd + 1 + size + 2;
    return size < 0;
  });
}

function keyName(key: number): string {
  return `key:${String(key).padStart(10, '0')}`;
}

function valueFor(key: number, plan: Plan): string {
  const isFixed = plan.values === 'of 64 bytes';
  // Sizes have nothing to do with popularity.
  const mixed = 1 + ((Math.imul(key + 1, 0x9e37_79b1) >>> 8) % MIXED_VALUE_BYTES_MAX);
  return 'v'.repeat(isFixed ? FIXED_VALUE_BYTES : mixed);
}

/** Plays the trace to a CrabKV and a Redis of the same limit, and to a CrabKV with as many keys as Redis. */
async function playTrace(settings: Settings, plan: Plan): Promise<Figure[]> {
  const directives: Directives = {
    maxmemory: String(plan.limitBytes),
    'maxmemory-policy': plan.policy,
    'maxmemory-samples': '5',
  };
  const servers = await Promise.all([
    startOwn(settings, 'none', directives),
    startOwn(settings, 'none', directives),
    startPeer('none', directives),
  ]);
  try {
    const [own, equal, peer] = (await Promise.all(servers.map((server) => Cache.on(server)))) as [
      Cache,
      Cache,
      Cache,
    ];
    const trace = new ZipfTrace(KEY_COUNT, plan.alpha, SEED);
    const play = async (requests: number) => {
      for (let asked = 0; asked < requests; asked += BATCH) {
        const keys = Array.from({ length: BATCH }, () => trace.next());
        const request = encodeRequest(['MGET', ...keys.map(keyName)]);
        await Promise.all([own, equal, peer].map((cache) => cache.ask(request, keys, plan)));
      }
      return [own, equal, peer].map((cache) => cache.takeHitRate()) as [number, number, number];
    };
    let isFull = false;
    for (let played = 0; played < FILL_REQUESTS; played += REQUESTS_PER_CORRECTION) {
      await play(REQUESTS_PER_CORRECTION);
      isFull ||= await peer.isFull();
      if (isFull) await equal.adjustTo(peer);
    }
    const [ownRate, equalRate, peerRate] = await play(COUNTED_REQUESTS);
    const [ownKeys, equalKeys, peerKeys] = await Promise.all(
      [own, equal, peer].map((cache) => cache.keyCount()),
    );
    console.log(`${describePlan(plan)}: ${ownKeys} and ${equalKeys} keys, Redis ${peerKeys}`);
    const hitRate = {
      unit: '%',
      better: 'higher',
      digits: 2,
      goal: { of: 'ratio', goal: atLeast(1) },
    } as const;
    return [
      {
        ...hitRate,
        what: `hit rate at the same maxmemory, ${describePlan(plan)}`,
        values: { crabkv: ownRate, redis: peerRate },
      },
      {
        ...hitRate,
        what: `hit rate at the same number of keys, ${describePlan(plan)}`,
        values: { crabkv: equalRate, redis: peerRate },
      },
    ];
  } finally {
    await stopAll(servers);
  }
}

function describePlan({ policy, alpha, values }: Plan): string {
  return `${policy}, alpha ${alpha}, values ${values}`;
}

/** CPU time of SETs each of which evicts a key. */
async function measureCost(settings: Settings, policy: Plan['policy']): Promise<Figure> {
  const directives: Directives = { maxmemory: String(FULL_BYTES), 'maxmemory-policy': policy };
  const [crabkv, redis] = await Promise.all([
    startOwn(settings, 'none', directives),
    startPeer('none', directives),
  ]);
  try {
    for (const server of [crabkv, redis]) await fill(server, { count: FULL_KEYS });
    const load = { ...EVICTING_SETS, requests: EVICTING_SETS.requests * settings.scale };
    const turns = await bothInTurns({ crabkv, redis }, settings.repeats, (server) =>
      cpuMicrosOf(server, load),
    );
    return {
      what: `CPU time of a SET that evicts a key, ${policy}, P=16`,
      unit: 'us',
      better: 'lower',
      digits: 2,
      values: { crabkv: median(turns.crabkv), redis: median(turns.redis) },
      goal: { of: 'ratio', goal: atMost(1) },
    };
  } finally {
    await stopBoth({ crabkv, redis });
  }
}

export async function measureEviction(settings: Settings): Promise<Section> {
  const plans = settings.isQuick ? PLANS.slice(0, 1) : PLANS;
  const figures: Figure[] = [];
  for (const plan of plans) figures.push(...(await playTrace(settings, plan)));
  for (const policy of ['allkeys-lru', 'allkeys-lfu'] as const)
    figures.push(await measureCost(settings, policy));
  return {
    title: 'Eviction',
    text: [
      `A cache before something slower: ${KEY_COUNT / 1000} thousand keys are asked for by Zipf's law, what is missing is set. ` +
        `${COUNTED_REQUESTS / 1000} thousand requests count, after those that fill the cache. ` +
        'Both servers get the same requests at the same time, with `maxmemory-samples` 5.',
      'At the same `maxmemory` CrabKV holds more keys; at the same number of keys the policies alone compete.',
    ],
    figures,
  };
}
