/**
 * The soak campaign's administrator: lists clients, changes the configuration, walks the keys, takes snapshots, all on one
 * connection that also checks what it is told.
 */

import { RespConnection } from '../support/connection.js';
import type { LoadContext } from './soak-context.js';

/** Between two deeds. */
const PAUSE_MS = 200;
const SNAPSHOT_EVERY_MS = 8000;

/** Live directives that may change under load without changing what the load may expect. */
const CHANGES: readonly (readonly [name: string, ...values: string[]])[] = [
  ['hz', '10', '50', '1'],
  ['tcp-keepalive', '0', '60', '300'],
  ['timeout', '0', '3600'],
  ['maxclients', '10000', '5000'],
  ['proto-max-bulk-len', '536870912', '268435456'],
  ['client-query-buffer-limit', '1073741824', '67108864'],
  ['auto-aof-rewrite-percentage', '100', '50'],
];

/** Administers the server until the load is to end. */
export async function administer(context: LoadContext): Promise<void> {
  const connection = await RespConnection.open(context.port);
  const id = await connection.call('CLIENT', 'ID');
  const deeds: readonly (() => Promise<void>)[] = [
    () => listClients(context, connection, String(id)),
    () => changeConfiguration(context, connection),
    () => walkKeys(context, connection),
    () => countKeys(context, connection),
  ];
  let nextSnapshotMs = Date.now();
  while (!context.isStopped) {
    await context.pause(PAUSE_MS);
    try {
      if (Date.now() >= nextSnapshotMs) {
        nextSnapshotMs = Date.now() + SNAPSHOT_EVERY_MS;
        await takeSnapshot(context, connection);
      }
      await deeds[context.random.below(deeds.length)]!();
    } catch (error) {
      context.problem(`administrator: ${(error as Error).message}`);
      break;
    }
  }
  connection.close();
}

async function listClients(context: LoadContext, connection: RespConnection, id: string): Promise<void> {
  const list = String(await connection.call('CLIENT', 'LIST'));
  if (!list.split('\n').some((line) => line.startsWith(`id=${id} `))) {
    context.problem('CLIENT LIST does not show who asks for it');
  }
  context.count('CLIENT LIST');
}

async function changeConfiguration(context: LoadContext, connection: RespConnection): Promise<void> {
  const [name, ...values] = CHANGES[context.random.below(CHANGES.length)]!;
  const value = values[context.random.below(values.length)]!;
  const reply = await connection.call('CONFIG', 'SET', name, value);
  if (reply !== 'OK') context.problem(`CONFIG SET ${name} ${value}: got ${JSON.stringify(reply)}`);
  const now = await connection.call('CONFIG', 'GET', name);
  if (!Array.isArray(now) || now[1] !== value) {
    context.problem(`CONFIG GET ${name} after SET ${value}: got ${JSON.stringify(now)}`);
  }
  context.count('CONFIG SET');
}

/** A whole SCAN; cursors must come to an end. */
async function walkKeys(context: LoadContext, connection: RespConnection): Promise<void> {
  let cursor = '0';
  do {
    const reply = await connection.call('SCAN', cursor, 'COUNT', 1000);
    if (!Array.isArray(reply)) throw new Error(`SCAN ${cursor}: got ${JSON.stringify(reply)}`);
    cursor = String(reply[0]);
  } while (cursor !== '0' && !context.isStopped);
  context.count('SCAN walks');
}

/** DBSIZE is a number, and what followed a protocol error was never executed (soak-rough.ts). */
async function countKeys(context: LoadContext, connection: RespConnection): Promise<void> {
  if ((await connection.call('EXISTS', 'nonsense')) !== 0) {
    context.problem('what followed a protocol error was executed');
  }
  const count = await connection.call('DBSIZE');
  if (typeof count !== 'number') context.problem(`DBSIZE: got ${JSON.stringify(count)}`);
  context.count('DBSIZE');
}

async function takeSnapshot(context: LoadContext, connection: RespConnection): Promise<void> {
  const frame = (await connection.request('BGSAVE')).toString('latin1');
  // One that the log's size has asked for may be under way.
  if (frame === '+Background saving started\r\n') context.count('BGSAVE');
  else if (!/already in progress/.test(frame)) context.problem(`BGSAVE: got ${JSON.stringify(frame)}`);
}
