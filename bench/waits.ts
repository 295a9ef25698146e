/** How long a client waits while the server does something else, beside the waits of a quiet server in the same run. */

import { setTimeout as delay } from 'node:timers/promises';
import { PING, type PingWaits, pingDuring } from '../test/support/ping-probe.js';
import type { Server } from '../test/support/server.js';
import { medianOf } from './contest.js';
import { type Figure, pairOf } from './figure.js';
import { atMost } from './goal.js';
import type { Settings } from './settings.js';

const QUIET_MS = 2000;
/** The worst wait, in milliseconds. It counts the scheduler of a busy machine in. */
const WORST_GOAL_MS = 2;
/** p99 as multiple of a quiet server's. */
export const QUIET_GOAL = 1.5;

/** One turn on one server. */
export interface WaitTurn {
  readonly quiet: PingWaits;
  readonly busy: PingWaits;
}

/** Asks a server that is otherwise quiet, then while `work` runs: PINGs, or `requests` in turn. */
export async function measureWaits<T>(
  settings: Settings,
  server: Server,
  work: () => Promise<T>,
  requests = PING,
): Promise<[result: T, turn: WaitTurn]> {
  const quietMs = settings.isQuick ? QUIET_MS / 4 : QUIET_MS;
  const [, quiet] = await pingDuring(server.port, () => delay(quietMs), requests);
  const [result, busy] = await pingDuring(server.port, work, requests);
  return [result, { quiet, busy }];
}

/**
 * Medians over the turns: p99, the same beside the quiet p99, and the worst wait of each turn.
 *
 * @param judgesQuiet whether p99 beside the quiet one has a goal
 */
export function waitFigures(
  when: string,
  turns: { crabkv: WaitTurn[]; redis: WaitTurn[] },
  judgesQuiet = true,
): Figure[] {
  const of = (field: (turn: WaitTurn) => number) => pairOf(turns, (own) => medianOf(own, field));
  const common = { unit: 'ms', better: 'lower', digits: 2 } as const;
  return [
    { ...common, what: `wait of a ping, quiet before, p99 (${when})`, values: of(({ quiet }) => quiet.p99) },
    { ...common, what: `wait of a ping ${when}, p99`, values: of(({ busy }) => busy.p99) },
    {
      ...common,
      what: `the same as multiple of the quiet p99 (${when})`,
      unit: 'x',
      values: of(({ quiet, busy }) => busy.p99 / quiet.p99),
      ...(judgesQuiet ? { goal: { of: 'value', goal: atMost(QUIET_GOAL) } } : {}),
    },
    {
      ...common,
      what: `wait of a ping, quiet before, worst (${when})`,
      values: of(({ quiet }) => quiet.max),
    },
    {
      ...common,
      what: `wait of a ping ${when}, worst`,
      values: of(({ busy }) => busy.max),
      goal: { of: 'value', goal: atMost(WORST_GOAL_MS) },
    },
  ];
}
