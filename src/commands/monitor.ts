/**
 * MONITOR: the connection is shown every command that the server runs, until RESET or its end.
 */

import { MONITORS } from '../engine/attention.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';

/** A client that is in MONITOR mode already gets no reply to a second MONITOR, as in Redis. */
function monitor(call: Call): void {
  if ((call.client.attention & MONITORS) !== 0) return;
  call.services.monitors.add(call.client);
  call.reply.ok();
}

export const MONITOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'monitor',
    arity: 1,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    group: 'server',
    since: '1.0.0',
    summary:
      'Shows every command that the server runs, as it runs, until RESET or the end of the connection.',
    complexity: 'O(1)',
    reply: 'ok',
    run: monitor,
  },
];
