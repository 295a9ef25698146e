/**
 * INFO cpu: the processor time of the process, and of its main thread, which serves no clients here.
 */

import { readFileSync } from 'node:fs';
import type { Call } from '../../engine/call.js';
import type { Fields } from './field.js';

const US_PER_SECOND = 1e6;
/** Unit of the times in /proc, in seconds: USER_HZ is 100 on all of Linux. */
const TICK_SECONDS = 0.01;
/** Of the fields of /proc/.../stat behind the name in parentheses: utime and stime, see proc(5). */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

export function cpuFields(_call: Call): Fields {
  const { user, system } = process.cpuUsage();
  return [
    ['used_cpu_sys', (system / US_PER_SECOND).toFixed(6)],
    ['used_cpu_user', (user / US_PER_SECOND).toFixed(6)],
    ['used_cpu_sys_children', '0.000000'], // there are none
    ['used_cpu_user_children', '0.000000'],
    ...mainThreadFields(),
  ];
}

/** Nothing where the system does not tell threads apart. */
function mainThreadFields(): Fields {
  try {
    const line = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return [
      ['used_cpu_sys_main_thread', (Number(fields[SYSTEM_FIELD]) * TICK_SECONDS).toFixed(6)],
      ['used_cpu_user_main_thread', (Number(fields[USER_FIELD]) * TICK_SECONDS).toFixed(6)],
    ];
  } catch {
    return [];
  }
}
