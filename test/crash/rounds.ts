/** Kill -9 under load, again and again on one directory. */

import { setTimeout as delay } from 'node:timers/promises';
import { SeededRandom } from '../support/random.js';
import { type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import { CrashLoad } from './load.js';

/** The server is killed at a moment between these, counted from the start of the load. */
const KILL_AFTER_MS_MIN = 50;
const KILL_AFTER_MS_MAX = 600;
const WRITERS = 8;

export interface RoundOptions {
  readonly seed: number;
  readonly rounds: number;
  /** always, everysec or no. The process alone is killed: what was acknowledged must be there in every mode. */
  readonly appendfsync?: string;
  /** What the server runs on; `auto` when not given. */
  readonly reactor?: string;
  readonly log?: (line: string) => void;
}

/** What a round is made of; they change from round to round so that one directory sees them all. */
interface Plan {
  readonly threads: number;
  readonly pipeline: number;
  readonly withSnapshot: boolean;
  readonly killAfterMs: number;
}

function planOf(round: number, random: SeededRandom): Plan {
  return {
    threads: 1 + (round % 2),
    pipeline: [1, 16, 1, 64][round % 4] ?? 1,
    withSnapshot: round % 3 === 1,
    killAfterMs: KILL_AFTER_MS_MIN + random.below(KILL_AFTER_MS_MAX - KILL_AFTER_MS_MIN),
  };
}

/**
 * Starts a server, writes, kills it, starts it again and compares, `rounds` times on one directory. Throws an assertion error at
 * the first round that lost or damaged something.
 */
export async function runCrashRounds(options: RoundOptions): Promise<void> {
  const { seed, rounds, appendfsync = 'always', reactor = 'auto', log = () => {} } = options;
  const random = new SeededRandom(seed);
  const directory = makeTemporaryDirectory();
  const load = new CrashLoad(random, WRITERS);
  let server: Server | undefined;
  // Small log files, so that rounds cross from one to the next and snapshots give some back.
  const start = (threads: number) =>
    startCrabkv({
      directory,
      directives: { appendfsync, reactor, threads: String(threads), 'wal-segment-size': '1mb' },
    });
  try {
    server = await start(1);
    await load.writeBallast(server);
    for (let round = 0; round < rounds; round++) {
      const plan = planOf(round, random);
      await server.kill();
      server = await start(plan.threads);
      await load.verify(server);
      const readyMs = Math.round(server.readyMs);
      const writing = load.run(server, plan.pipeline);
      if (plan.withSnapshot) {
        await delay(plan.killAfterMs / 2);
        const connection = await server.connect();
        await connection.request('BGSAVE');
        connection.close();
      }
      await delay(plan.killAfterMs / (plan.withSnapshot ? 2 : 1));
      await server.kill();
      const { acknowledged, reads } = await writing;
      const how = `${plan.threads} threads, pipeline ${plan.pipeline}${plan.withSnapshot ? ', BGSAVE' : ''}`;
      log(
        `round ${round + 1}: ready in ${readyMs} ms, ${how}: ${acknowledged} writes acknowledged, ${reads} reads`,
      );
    }
    server = await start(1);
    await load.verify(server);
  } catch (error) {
    log(`failed with seed ${seed}; the server's last words:\n${server?.output ?? ''}`);
    throw error;
  } finally {
    await server?.kill();
    removeTemporaryDirectory(directory);
  }
}
