/**
 * Kill -9 under load, again and again on one directory.
 *
 *     round   start > compare with what was acknowledged > write in every way > kill at a moment that is aimed at
 *
 * Two kinds of writers work side by side: those of load.ts, which know by themselves what each key may hold, and the worlds of
 * world.ts, which do whatever there is to do and compare with a server that never crashes.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../support/random.js';
import { type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import { AIM_NAMES, AIMS, type Aim, EMBEDDED_AIM_NAMES } from './aims.js';
import { CrashLoad } from './load.js';
import { World } from './world.js';

const WRITERS = 6;
/** The databases of the worlds; load.ts has number 0. */
const WORLD_DATABASES = [
  [1, 2],
  [3, 4],
  [5, 6],
] as const;
const POLICIES = ['always', 'everysec', 'no'] as const;
/** A start is killed so often before one is left to end. */
const STARTS_KILLED = 3;
const START_MS_MIN = 60;
/** The server is one of many processes on a machine that may be busy, and has a log to replay. */
const READY_MS_MAX = 60_000;

const EMBEDDED_PROGRAM = fileURLToPath(new URL('./embedded-server.js', import.meta.url));

export interface RoundOptions {
  readonly seed: number;
  readonly rounds: number;
  /**
   * always, everysec or no; each in turn when not given. The process alone is killed: what was acknowledged must be there in
   * every mode.
   */
  readonly appendfsync?: string | undefined;
  /** What the servers run on, in turn; as the configuration says when there are none. */
  readonly reactors?: readonly string[];
  /** What to aim at, in turn; everything when not given. */
  readonly aims?: readonly Aim[] | undefined;
  /** `embedded`: a store that was opened in a process and listens there. */
  readonly door?: 'server' | 'embedded';
  readonly log?: (line: string) => void;
}

export interface RoundCounts {
  rounds: number;
  kills: number;
  acknowledged: number;
  reads: number;
  verifiedKeys: number;
  /** Rounds that were killed at the moment that was aimed at. */
  hits: number;
}

/** What a round is made of; they change from round to round so that one directory sees them all. */
interface Plan {
  readonly aim: Aim;
  readonly appendfsync: string;
  readonly reactor: string | undefined;
  readonly threads: number;
  readonly pipeline: number;
}

function planOf(round: number, random: SeededRandom, options: RoundOptions): Plan {
  const { door, aims = door === 'embedded' ? EMBEDDED_AIM_NAMES : AIM_NAMES } = options;
  const { reactors = [], appendfsync = POLICIES[round % POLICIES.length]! } = options;
  return {
    aim: aims[round % aims.length]!,
    appendfsync,
    reactor: reactors.length === 0 ? undefined : reactors[Math.floor(round / 3) % reactors.length],
    threads: 1 + random.below(2),
    pipeline: [1, 16, 64][random.below(3)]!,
  };
}

/**
 * Starts a server, writes, kills it, starts it again and compares, `rounds` times on one directory. Throws at the first round
 * that lost or damaged something.
 */
export async function runCrashRounds(options: RoundOptions): Promise<RoundCounts> {
  const { seed, rounds, log = () => {} } = options;
  const random = new SeededRandom(seed);
  const directory = makeTemporaryDirectory();
  const counts: RoundCounts = { rounds: 0, kills: 0, acknowledged: 0, reads: 0, verifiedKeys: 0, hits: 0 };
  let server: Server | undefined;
  let twin: Server | undefined;
  try {
    twin = await startCrabkv({ directives: { appendonly: 'no' } });
    const load = new CrashLoad(random, WRITERS);
    const worlds: World[] = [];
    for (const databases of WORLD_DATABASES) worlds.push(await World.open(random, databases, twin));
    const verify = async (found: Server): Promise<void> => {
      counts.verifiedKeys += await load.verify(found);
      await delay(World.briefMs);
      for (const world of worlds) counts.verifiedKeys += await world.verify(found);
    };

    for (let round = 0; round < rounds; round++) {
      const plan = planOf(round, random, options);
      server = await startCrabkv(startOptions(options, plan, directory));
      const readyMs = Math.round(server.readyMs);
      if (round === 0) await load.writeBallast(server);
      else await verify(server);
      const { acknowledged, hit } = await writeUntilKilled(server, plan, load, worlds, random, counts);
      if (plan.aim === 'loading') await killStarts(options, plan, directory, readyMs, random, counts);
      counts.rounds++;
      log(
        `round ${round + 1}: ready in ${readyMs} ms, ${plan.threads} threads, ${plan.reactor ?? 'auto'}, ` +
          `${plan.appendfsync}, pipeline ${plan.pipeline}, ${plan.aim}${hit ? '' : ' (missed)'}: ` +
          `${acknowledged} writes acknowledged`,
      );
    }
    server = await startCrabkv(startOptions(options, planOf(rounds, random, options), directory));
    await verify(server);
    return counts;
  } catch (error) {
    log(`failed with seed ${seed}; the server's last words:\n${server?.output ?? ''}`);
    throw error;
  } finally {
    await server?.kill();
    await twin?.stop();
    removeTemporaryDirectory(directory);
  }
}

function startOptions(
  { door }: RoundOptions,
  plan: Plan,
  directory: string,
): Parameters<typeof startCrabkv>[0] {
  const { appendfsync, reactor, threads } = plan;
  const isEmbedded = door === 'embedded';
  return {
    directory,
    readyMs: READY_MS_MAX,
    directives: {
      appendfsync,
      threads: String(threads),
      'enable-debug-command': 'yes',
      // Small log files, so that rounds cross from one to the next and snapshots give some back.
      'wal-segment-size': '1mb',
      ...(reactor === undefined || isEmbedded ? {} : { reactor }),
    },
    ...(isEmbedded ? { program: EMBEDDED_PROGRAM } : {}),
  };
}

async function writeUntilKilled(
  server: Server,
  { aim, pipeline }: Plan,
  load: CrashLoad,
  worlds: readonly World[],
  random: SeededRandom,
  counts: RoundCounts,
): Promise<{ acknowledged: number; hit: boolean }> {
  let begun = (): void => {};
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const writing = Promise.all([
    load.run(server, pipeline),
    ...worlds.map(async (world) => ({ acknowledged: await world.write(server, pipeline, begun), reads: 0 })),
    ...worlds.map(async (world) => ({ acknowledged: 0, reads: await world.watch(server) })),
  ]);
  // A writer that fails ends the round at once, and not only when it is awaited.
  const ended = writing.then(() => false);
  await Promise.race([beginning, ended]);
  const hit = await Promise.race([AIMS[aim](server, random), ended]);
  await server.kill();
  counts.kills++;
  if (hit) counts.hits++;
  let acknowledged = 0;
  for (const part of await writing) {
    acknowledged += part.acknowledged;
    counts.reads += part.reads;
  }
  counts.acknowledged += acknowledged;
  return { acknowledged, hit };
}

/** Kills starts at moments up to when the last one was ready. */
async function killStarts(
  options: RoundOptions,
  plan: Plan,
  directory: string,
  readyMs: number,
  random: SeededRandom,
  counts: RoundCounts,
): Promise<void> {
  for (let i = 0; i < STARTS_KILLED; i++) {
    const limitMs = START_MS_MIN + random.below(Math.max(readyMs, START_MS_MIN));
    try {
      const server = await startCrabkv({ ...startOptions(options, plan, directory), readyMs: limitMs });
      await server.kill();
    } catch (error) {
      if (!/was not ready after/.test(String(error))) throw error;
    }
    counts.kills++;
  }
}
