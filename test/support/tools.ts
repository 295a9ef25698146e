/**
 * Programs that some tests need and a machine may lack: redis-server, redis-cli, redis-benchmark, jq.
 *
 * A test that can't run for want of one says so on the console, in capitals: a silent skip looks like a pass.
 */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Tool = 'redis-server' | 'redis-cli' | 'redis-benchmark' | 'jq';

/** Whether `tool` is an executable file on the PATH. */
export function hasTool(tool: Tool): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * What node:test's `skip` wants: false when every tool is there, else the reason, which is also printed loudly.
 *
 * @param what what does not run for want of the tools, as in "the differential test"
 */
export function skipWithout(what: string, ...tools: Tool[]): string | false {
  const missing = tools.filter((tool) => !hasTool(tool));
  if (missing.length === 0) return false;
  const reason = `${missing.join(' and ')} not installed`;
  console.error(`\n*** SKIPPED: ${what.toUpperCase()}: ${reason.toUpperCase()} ***\n`);
  return reason;
}
