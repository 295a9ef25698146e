/**
 * The soak campaign's second server, whose memory is full all the time: each write has to make room for itself. It has a
 * process and a directory of its own, so that what is found about the first one is about the first one.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { RespConnection } from '../support/connection.js';
import type { Argument } from '../support/resp.js';
import { type Server, startCrabkv } from '../support/server.js';
import type { LoadContext } from './soak-context.js';
import { type Finding, judged } from './soak-finding.js';

const MIB = 2 ** 20;
const MEMORY_BYTES = 64 * MIB;
/** Eviction is by whole entries, and makes room before it is needed: above this, `maxmemory` does not hold. */
const MEMORY_SLACK_BYTES = 2 * MIB;
const KEY_COUNT = 500_000;
const REQUESTS_A_BATCH = 200;
const PAUSE_MS = 20;
const VALUE = 'evicted '.repeat(1000);

const EVICTION_DIRECTIVES: Readonly<Record<string, string>> = {
  maxmemory: String(MEMORY_BYTES),
  'maxmemory-policy': 'allkeys-lru',
  appendfsync: 'everysec',
};

/** Writes more than there is room for, and reads some of it, until the load is to end. */
export async function fillUp(context: LoadContext): Promise<void> {
  const { random } = context;
  const connection = await RespConnection.open(context.port);
  const key = () => `e:${random.below(KEY_COUNT)}`;
  while (!context.isStopped) {
    const requests = Array.from({ length: REQUESTS_A_BATCH }, (): Argument[] =>
      random.below(4) === 0 ? ['GET', key()] : ['SET', key(), VALUE.slice(0, random.below(2000))],
    );
    for (const frame of await connection.pipeline(requests)) {
      if (frame[0] === 0x2d) context.problem(`a full server: ${frame.toString('latin1', 0, 100)}`);
    }
    context.count('requests to a full server', requests.length);
    await context.pause(PAUSE_MS);
  }
  connection.close();
}

/** Looks at the full server now and then. */
export class EvictionWatch {
  readonly #server: Server;
  #usedBytesMax = 0;
  #isStopped = false;
  readonly #ended: Promise<void>;

  constructor(server: Server) {
    this.#server = server;
    this.#ended = this.#watch();
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      this.#usedBytesMax = Math.max(this.#usedBytesMax, Number(await this.#server.info('used_memory')));
      await delay(500);
    }
  }

  /** Ends the watching and says what was found. */
  async stop(): Promise<Finding> {
    this.#isStopped = true;
    await this.#ended;
    const evictedCount = Number(await this.#server.info('evicted_keys'));
    const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
    return judged(
      evictedCount > 0 && this.#usedBytesMax <= MEMORY_BYTES + MEMORY_SLACK_BYTES,
      `eviction: ${evictedCount} keys, at most ${mib(this.#usedBytesMax)} used of ${mib(MEMORY_BYTES)}`,
    );
  }
}

export function startFullServer(directives: Readonly<Record<string, string>>): Promise<Server> {
  return startCrabkv({ directives: { ...directives, ...EVICTION_DIRECTIVES } });
}
