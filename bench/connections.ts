/**
 * Many connections that say nothing: the memory that each costs the server's process. What the kernel keeps for a socket
 * is not in it, on either side.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openSocket } from '../test/support/connection.js';
import { residentBytes } from '../test/support/process-usage.js';
import type { Server } from '../test/support/server.js';
import { medianOf } from './contest.js';
import type { Section } from './figure.js';
import { atMost } from './goal.js';
import { startOwn, startPeer } from './servers.js';
import type { Settings } from './settings.js';

const CONNECTIONS = 10_000;
/** Descriptors for everything else, in the server and here. */
const OTHER_DESCRIPTORS = 200;
/** Fewer than a listener's backlog: no connection is to wait for a second attempt. */
const AT_ONCE = 250;
const SETTLE_MS = 1000;
const KIB = 1024;

/** Bytes a connection. */
const GOAL_KIB = 8;

/** Node raises its soft limit of descriptors to the hard one by itself, so this process's limit is also the server's. */
function descriptorLimit(): number {
  if (process.platform !== 'linux') return Number.POSITIVE_INFINITY;
  const match = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  return match?.[1] === undefined || match[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(match[1]);
}

/** Opens a connection that has been served once: one that never spoke has not cost everything yet. */
async function openServed(port: number): Promise<Socket> {
  const socket = await openSocket(port);
  socket.write('*1\r\n$4\r\nPING\r\n');
  const [reply] = (await once(socket, 'data')) as [Buffer];
  if (reply.toString('latin1') !== '+PONG\r\n') {
    throw new Error(`a connection was not served: ${reply.toString('latin1', 0, 200)}`);
  }
  return socket;
}

/** Growth of resident memory a connection, in bytes. */
async function measureGrowth(server: Server, count: number): Promise<number> {
  await delay(SETTLE_MS);
  const before = residentBytes(server.pid);
  const sockets: Socket[] = [];
  try {
    while (sockets.length < count) {
      const batch = Math.min(AT_ONCE, count - sockets.length);
      sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openServed(server.port)))));
    }
    await delay(SETTLE_MS);
    const connected = Number(await server.info('connected_clients'));
    if (connected < count) throw new Error(`${server.name} has ${connected} of ${count} connections`);
    return (residentBytes(server.pid) - before) / count;
  } finally {
    // Reset, so that tens of thousands of ports are not left waiting.
    for (const socket of sockets) socket.resetAndDestroy();
  }
}

export async function measureConnections(settings: Settings): Promise<Section> {
  const count = Math.min(CONNECTIONS, descriptorLimit() - OTHER_DESCRIPTORS);
  const directives = { maxclients: String(count + OTHER_DESCRIPTORS / 2) };
  const turns: { crabkv: number; redis: number }[] = [];
  const growthOf = async (starting: Promise<Server>) => {
    const server = await starting;
    try {
      return await measureGrowth(server, count);
    } finally {
      await server.stop();
    }
  };
  // Fresh servers each time: memory that was once used for connections stays with the process.
  for (let i = 0; i < settings.repeats; i++) {
    const crabkv = await growthOf(startOwn(settings, 'none', directives));
    turns.push({ crabkv, redis: await growthOf(startPeer('none', directives)) });
  }
  return {
    title: 'Connections',
    text: [
      'Growth of the resident memory of the process while it holds connections of which each has sent one PING.',
    ],
    figures: [
      {
        what: `resident memory a connection, ${count} connections`,
        unit: 'KiB',
        better: 'lower',
        digits: 1,
        values: {
          crabkv: medianOf(turns, (turn) => turn.crabkv) / KIB,
          redis: medianOf(turns, (turn) => turn.redis) / KIB,
        },
        goal: { of: 'value', goal: atMost(GOAL_KIB, 1) },
      },
    ],
  };
}
