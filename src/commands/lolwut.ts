/**
 * LOLWUT: a small work of art, another one each time, and the version.
 */

import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { REDIS_VERSION } from './redis-version.js';

const COLUMNS = 64;
const ROWS = 12;
const CRABS_MAX = 5;
const CRAB = '(V)(;,,;)(V)';
/** Wet to dry. */
const SHORE = ['~', '-', '.', ' '] as const;

/** The sea comes in from above, with crabs on the sand below. */
function beach(): string {
  const phase = Math.random() * 2 * Math.PI;
  const swell = 1 + Math.random() * 2;
  const rows = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (_, column) => {
      const edge = 4 + swell * Math.sin(phase + column / 6) + Math.sin(column / 2.5);
      const depth = Math.floor(row - edge + Math.random());
      return SHORE[Math.min(Math.max(depth, 0), SHORE.length - 1)];
    }).join(''),
  );
  const crabs = 1 + Math.floor(Math.random() * CRABS_MAX);
  for (let crab = 0; crab < crabs; crab++) {
    const row = ROWS - 1 - Math.floor(Math.random() * 4);
    const column = Math.floor(Math.random() * (COLUMNS - CRAB.length));
    const line = rows[row] ?? '';
    rows[row] = line.slice(0, column) + CRAB + line.slice(column + CRAB.length);
  }
  return rows.map((row) => row.trimEnd()).join('\n');
}

function lolwut(call: Call): void {
  if (call.count > 2 && call.is(1, 'VERSION') && !Number.isFinite(call.integer(2))) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  call.reply.verbatim(`${beach()}\nRedis ver. ${REDIS_VERSION}, CrabKV ${call.services.version}\n`, 'txt');
}

export const LOLWUT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'lolwut',
    arity: -1,
    flags: ['readonly', 'fast'],
    group: 'server',
    since: '5.0.0',
    summary: 'Returns a picture that is another one each time, and the version.',
    complexity: 'O(1)',
    arguments: [{ name: 'version', type: 'integer', token: 'VERSION', flags: ['optional'] }],
    reply: 'string',
    run: lolwut,
  },
];
