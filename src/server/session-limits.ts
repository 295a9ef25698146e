/**
 * What the configuration allows one connection: how it is spoken with, how long its requests may be, how much it may leave
 * unread. Read once for all connections of a thread, and anew when the configuration has changed.
 */

import type { Config } from '../engine/config/config.js';
import { type OutputLimits, readOutputLimits } from './output-limit.js';

/** Live configuration of sessions. Sizes in bytes. */
export interface SessionLimits {
  /** A connection that types plain lines speaks the text protocol; otherwise Redis's inline form. */
  inlineIsText: boolean;
  bulkBytesMax: number;
  requestBytesMax: number;
  output: OutputLimits;
}

export function readLimits(config: Config): SessionLimits {
  return {
    inlineIsText: config.text('inline-replies') === 'text',
    bulkBytesMax: config.integer('proto-max-bulk-len'),
    requestBytesMax: config.integer('client-query-buffer-limit'),
    output: readOutputLimits(config),
  };
}
