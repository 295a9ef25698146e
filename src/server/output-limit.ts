/**
 * `client-output-buffer-limit`: how much output a client may leave unread, and for how long.
 *
 * A client that asks and does not read holds only itself up (session.ts): by default there is no limit for it. Who is told
 * without asking, as with MONITOR, could be told for ever: for those the limits of the class `pubsub` hold as well, which
 * Redis has for such clients alone. (There, clients in MONITOR mode belong to `normal`, and have no limit by default.)
 */

import type { Config } from '../engine/config/config.js';

/** Limits of one kind of client. 0 = none. */
export interface OutputLimit {
  /** With so much output waiting, the connection is closed at once. */
  readonly hardBytes: number;
  /** With so much waiting for so long, too. */
  readonly softBytes: number;
  readonly softSeconds: number;
}

/** Of clients that only ask, and of those that are told without asking. */
export interface OutputLimits {
  readonly asking: OutputLimit;
  readonly told: OutputLimit;
}

export function readOutputLimits(config: Config): OutputLimits {
  const { normal, pubsub } = config.outputLimits();
  const softer = normal.softBytes === 0 ? pubsub : normal;
  return { asking: normal, told: { ...softer, hardBytes: stricter(normal.hardBytes, pubsub.hardBytes) } };
}

/** What one connection has left unread, over time. */
export class OutputWatch {
  /** Since when it has been above the soft limit, in Unix ms; 0 when it is not. */
  private softSinceMs = 0;

  /** Whether `waitingBytes` are too many at this moment, or have been for too long. */
  isOver(waitingBytes: number, limit: OutputLimit, nowMs: number): boolean {
    if (limit.hardBytes !== 0 && waitingBytes >= limit.hardBytes) return true;
    if (limit.softBytes === 0 || waitingBytes < limit.softBytes) {
      this.softSinceMs = 0;
      return false;
    }
    if (this.softSinceMs === 0) this.softSinceMs = nowMs;
    return nowMs - this.softSinceMs > limit.softSeconds * 1000;
  }
}

/** Of two limits, of which 0 is none. */
function stricter(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);
}
