/**
 * `maxmemory-clients`: what the buffers of all clients may take together. Beyond it the largest clients are disconnected, those
 * with CLIENT NO-EVICT spared; data is never evicted for clients' sake.
 *
 * Each thread knows its own clients only. It publishes how large the largest of them is, and disconnects it only if no other
 * thread has a larger one: that thread will do so when it looks next, at most a second later.
 *
 * Source: `evictClients` and `getClientEvictionLimit` in Redis's server.c.
 */

import type { Config } from '../engine/config/config.js';
import { STAT_BUFFER_BYTES, STAT_LARGEST_CLIENT_BYTES, type Statistics } from '../engine/statistics.js';
import type { Session } from './session.js';

/** Less would leave no room to talk to the server and raise the limit. */
const BYTES_MIN = 128 * 1024;

export class ClientBudget {
  private readonly statistics: Statistics;
  /** 0 = no limit. */
  private bytesMax = 0;

  constructor(statistics: Statistics) {
    this.statistics = statistics;
  }

  readConfig(config: Config): void {
    const given = config.integer('maxmemory-clients');
    const bytes = given < 0 ? Math.floor((config.integer('maxmemory') * -given) / 100) : given;
    this.bytesMax = bytes === 0 ? 0 : Math.max(bytes, BYTES_MIN);
  }

  /** Whether the clients of all threads have too much, as far as their threads have noticed. */
  get isExceeded(): boolean {
    return this.bytesMax !== 0 && this.statistics.total(STAT_BUFFER_BYTES) >= this.bytesMax;
  }

  /** Has the other threads know of a session that has grown, before they know how much all have together. */
  noteGrowth(session: Session): void {
    if (this.bytesMax === 0 || session.client.isSpared) return;
    const bytes = session.bufferBytes;
    if (bytes > this.statistics.own(STAT_LARGEST_CLIENT_BYTES)) {
      this.statistics.set(STAT_LARGEST_CLIENT_BYTES, bytes);
    }
  }

  /** Has `evict` called for the largest of this thread's `sessions` until the budget is kept, or it is another thread's turn. */
  enforce(sessions: Iterable<Session>, evict: (session: Session) => void): void {
    if (this.bytesMax === 0) return;
    const statistics = this.statistics;
    const candidates = [...sessions].filter((session) => !session.client.isSpared && !session.isGone);
    candidates.sort((a, b) => a.bufferBytes - b.bufferBytes);
    for (;;) {
      const largest = candidates.pop();
      const bytes = largest?.bufferBytes ?? 0;
      statistics.set(STAT_LARGEST_CLIENT_BYTES, bytes);
      // Who has nothing in its buffers is disconnected in vain.
      if (largest === undefined || bytes === 0 || !this.isExceeded) return;
      if (statistics.largest(STAT_LARGEST_CLIENT_BYTES) > bytes) return;
      evict(largest);
    }
  }
}
