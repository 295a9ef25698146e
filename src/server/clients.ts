/**
 * Clients as CLIENT LIST shows them and CLIENT KILL picks them.
 *
 * Fields, their order and their spelling are those of Redis 7.2, with `tot-net-in`, `tot-net-out` and `tot-cmds` of later
 * versions at the end. What CrabKV has none of (descriptors, transactions, subscriptions) is shown as Redis shows a client that
 * uses none of it. Filters are those of Valkey 9.
 *
 * Source: `catClientInfoString` and `clientKillCommand` in Redis's networking.c.
 */

import { MONITORS, NO_TOUCH } from '../engine/attention.js';
import type { Client } from '../engine/client.js';
import { PROTOCOL_TEXT } from '../engine/reply.js';
import type { ClientFilter, ClientTraits } from '../engine/services.js';

/** What is known of a client besides what the engine knows: a `Session`. Sizes in bytes. */
export interface ClientState {
  readonly client: Client;
  readonly inputBytes: number;
  readonly inputBufferBytes: number;
  readonly outputBytes: number;
  readonly bufferBytes: number;
  readonly receivedBytes: number;
  readonly repliedBytes: number;
  readonly isClosing: boolean;
  readonly isGone: boolean;
}

/** True when CLIENT LIST or CLIENT KILL with this filter means the client. */
export function matchesFilter(state: ClientState, filter: ClientFilter, nowMs: number): boolean {
  const { client } = state;
  if (filter.except === client.id) return false;
  if (seconds(nowMs - client.createdMs) < (filter.maxAgeSeconds ?? 0)) return false;
  if (seconds(nowMs - client.lastInteractionMs) < (filter.idleSeconds ?? 0)) return false;
  return hasTraits(state, filter).every(Boolean) && !hasTraits(state, filter.not ?? {}).some(Boolean);
}

/** For each trait that is asked for, whether the client has it. */
function hasTraits(state: ClientState, traits: ClientTraits): boolean[] {
  const { client } = state;
  const answers: boolean[] = [];
  const ask = <T>(wanted: T | undefined, has: (wanted: T) => boolean): void => {
    if (wanted !== undefined) answers.push(has(wanted));
  };
  ask(traits.ids, (ids) => ids.includes(client.id));
  ask(traits.address, (address) => client.address === address);
  ask(traits.localAddress, (address) => client.localAddress === address);
  ask(traits.ip, (ip) => ipOf(client) === ip);
  ask(traits.type, (type) => type === 'normal');
  ask(traits.user, (user) => user === client.user.name);
  // Nobody has the empty name: it is the lack of one.
  ask(traits.name, (name) => name !== '' && client.name === name);
  ask(traits.libraryName, (name) => name !== '' && client.libraryName === name);
  ask(traits.libraryVersion, (version) => version !== '' && client.libraryVersion === version);
  ask(traits.flags, (flags) => [...flags].every((flag) => clientFlags(state).includes(flag)));
  ask(traits.database, (database) => client.database === database);
  return answers;
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
    ['flags', clientFlags(state)],
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
    ['tot-mem', state.bufferBytes],
    ['events', outputBytes === 0 ? 'r' : 'rw'],
    ['cmd', client.lastCommand],
    ['user', client.user.name],
    ['redir', -1],
    ['resp', client.protocol === PROTOCOL_TEXT ? 2 : client.protocol],
    ['lib-name', client.libraryName],
    ['lib-ver', client.libraryVersion],
    ['tot-net-in', state.receivedBytes],
    ['tot-net-out', state.repliedBytes],
    ['tot-cmds', client.commands],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(' ');
}

/** One letter for each thing that is special about the client, in Redis's order; N when nothing is. */
function clientFlags(state: ClientState): string {
  const { client } = state;
  let flags = '';
  if ((client.attention & MONITORS) !== 0) flags += 'O';
  if (client.isBlocked) flags += 'b';
  if (state.isClosing) flags += 'c';
  if (state.isGone) flags += 'A';
  if (client.isUnix) flags += 'U';
  if (client.isSpared) flags += 'e';
  if ((client.attention & NO_TOUCH) !== 0) flags += 'T';
  return flags === '' ? 'N' : flags;
}

/** `127.0.0.1` of `127.0.0.1:50112`, `::1` of `[::1]:50112`; nothing for a Unix socket. */
function ipOf({ address, isUnix }: Client): string | undefined {
  return isUnix ? undefined : address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}
