/**
 * Clients as CLIENT LIST shows them and CLIENT KILL picks them.
 *
 * Fields, their order and their spelling are those of Redis 7.0, with `lib-name` and `lib-ver` of 7.2 at the end. What CrabKV
 * has none of (descriptors, transactions, subscriptions) is shown as Redis shows a client that uses none of it.
 *
 * Source: `catClientInfoString` and `clientKillCommand` in Redis's networking.c.
 */

import type { Client } from '../engine/client.js';
import { PROTOCOL_TEXT } from '../engine/reply.js';
import type { ClientFilter } from '../engine/services.js';

const DEFAULT_USER = 'default';

/** What is known of a client besides what the engine knows: a `Session`. Sizes in bytes. */
interface ClientState {
  readonly client: Client;
  readonly inputBytes: number;
  readonly inputBufferBytes: number;
  readonly outputBytes: number;
}

/** True when CLIENT LIST or CLIENT KILL with this filter means `client`: every condition that is given holds. */
export function matchesFilter(client: Client, filter: ClientFilter, nowMs: number): boolean {
  if (filter.ids !== undefined && !filter.ids.includes(client.id)) return false;
  if (filter.address !== undefined && filter.address !== client.address) return false;
  if (filter.localAddress !== undefined && filter.localAddress !== client.localAddress) return false;
  if (filter.type !== undefined && filter.type !== 'normal') return false;
  if (filter.user !== undefined && filter.user !== DEFAULT_USER) return false;
  if (filter.maxAgeSeconds !== undefined && seconds(nowMs - client.createdMs) < filter.maxAgeSeconds)
    return false;
  return filter.except !== client.id;
}

/** The line of CLIENT LIST and CLIENT INFO, without line feed. */
export function clientLine(state: ClientState, nowMs: number): string {
  const { client, inputBytes, inputBufferBytes, outputBytes } = state;
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', client.id],
    ['addr', client.address],
    ['laddr', client.localAddress],
    ['fd', -1],
    ['name', client.name],
    ['age', seconds(nowMs - client.createdMs)],
    ['idle', seconds(nowMs - client.lastInteractionMs)],
    ['flags', 'N'],
    ['db', client.database],
    ['sub', 0],
    ['psub', 0],
    ['ssub', 0],
    ['multi', -1],
    ['qbuf', inputBytes],
    ['qbuf-free', inputBufferBytes - inputBytes],
    ['argv-mem', 0],
    ['multi-mem', 0],
    ['rbs', 0],
    ['rbp', 0],
    ['obl', 0],
    ['oll', outputBytes === 0 ? 0 : 1],
    ['omem', outputBytes],
    ['tot-mem', inputBufferBytes + outputBytes],
    ['events', outputBytes === 0 ? 'r' : 'rw'],
    ['cmd', client.lastCommand],
    ['user', DEFAULT_USER],
    ['redir', -1],
    ['resp', client.protocol === PROTOCOL_TEXT ? 2 : client.protocol],
    ['lib-name', client.libraryName],
    ['lib-ver', client.libraryVersion],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(' ');
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}
