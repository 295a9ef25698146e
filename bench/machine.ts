/** What the figures were measured on. */

import { cpus, release, totalmem, type } from 'node:os';
import { run } from '../test/support/server.js';

/** Lines of Markdown: processor, memory, system, versions. */
export async function describeMachine(): Promise<string[]> {
  const processors = cpus();
  const { stdout } = await run('redis-server', ['--version']);
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const redisVersion = /v=([\d.]+)/.exec(stdout)?.[1] ?? 'unknown';
  return [
    `- ${processors.length} x ${processors[0]?.model.trim() || process.arch}, ${memory}, ${type()} ${release()}`,
    `- Node ${process.versions.node}, redis-server ${redisVersion}`,
  ];
}
