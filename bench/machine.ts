/** What the figures were measured on, and with what. */

import { cpus, release, totalmem, type } from 'node:os';
import { run } from '../test/support/server.js';
import { identifyBackEnd } from './back-end.js';
import { startOwn } from './servers.js';
import type { Settings } from './settings.js';

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

/** The reactor that all rows are about. */
export interface ReactorDescription {
  readonly text: string;
  /** Why the text can't be relied on; undefined when nothing speaks against it. */
  readonly doubt: string | undefined;
}

/** The reactor that a CrabKV with these settings serves with, and whether it chose that itself. */
export async function describeReactor(settings: Settings): Promise<ReactorDescription> {
  const server = await startOwn(settings, 'none');
  try {
    const { name, doubt } = await identifyBackEnd(server, () =>
      startOwn({ ...settings, reactor: 'node' }, 'none'),
    );
    const text = `\`${name}\` (INFO: \`multiplexing_api:${await server.info('multiplexing_api')}\`)`;
    const by = settings.reactor === undefined ? 'the default here' : 'by `--reactor`';
    return { text: `${text}, ${by}${doubt === undefined ? '' : `; NOT CONFIRMED: ${doubt}`}`, doubt };
  } finally {
    await server.stop();
  }
}
