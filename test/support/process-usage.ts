/**
 * What a process has used, from the kernel's own books (proc(5)). Linux only: elsewhere the figures are NaN and what is
 * computed from them says so.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Clock ticks a second, `getconf CLK_TCK`: the unit of /proc/PID/stat. */
const TICKS_PER_SECOND =
  process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'])) : Number.NaN;

/** User and system time of all threads that the process has or had, in milliseconds; the kernel counts in 10 ms. */
export function processorMs(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in parentheses and may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const user = Number(fields[11]);
  const system = Number(fields[12]);
  return ((user + system) * 1000) / TICKS_PER_SECOND;
}

/** Resident memory of the process in bytes. */
export function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return match === null ? Number.NaN : Number(match[1]) * 1024;
}
