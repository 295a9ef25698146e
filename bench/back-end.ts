/**
 * Which reactor back end a server really runs, by its own word and by what the kernel knows of it.
 *
 * INFO's word alone is not enough to label a measurement: a server that repeats what it was asked for, or that fell back,
 * would give one back end's figures another's name. An io_uring, or an epoll instance of the reactor's own beside libuv's,
 * is a descriptor of the process (proc(5), fd), so a back end that is claimed can be looked for. libuv's own descriptors are
 * counted in a twin that was started with `--reactor node` on the same Node.
 */

import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '../test/support/server.js';

/** Every concrete value of `--reactor`, in the order in which they are reported. */
export const BACK_ENDS = ['uring', 'epoll', 'node'] as const;

/** After a server is ready, until its last thread has its descriptors. */
const SETTLE_MS = 500;

/** How many descriptors of each kind a process has. */
export interface EventObjects {
  readonly uring: number;
  readonly epoll: number;
}

export interface BackEnd {
  /** What INFO calls it. */
  readonly name: string;
  /** Why the name can't be believed, as a part of a sentence; undefined when nothing speaks against it. */
  readonly doubt: string | undefined;
}

/** @param links what the entries of /proc/PID/fd point to */
export function countEventObjects(links: readonly string[]): EventObjects {
  const count = (target: string) => links.filter((link) => link === target).length;
  return { uring: count('anon_inode:[io_uring]'), epoll: count('anon_inode:[eventpoll]') };
}

/** What speaks against `name`, given the descriptors of the server and of one that surely runs on node:net. */
export function findDoubt(name: string, own: EventObjects, ofNode: EventObjects): string | undefined {
  const more = { uring: own.uring > ofNode.uring, epoll: own.epoll > ofNode.epoll };
  if (name === 'uring') return more.uring ? undefined : 'INFO says uring, but the process has no io_uring';
  if (name === 'epoll') {
    return more.epoll
      ? undefined
      : 'INFO says epoll, but the process has no epoll instance beside those of libuv';
  }
  if (name !== 'node') return `INFO says ${name}, which names no back end`;
  return more.uring || more.epoll
    ? 'INFO says node, but the process has an event loop of another kind'
    : undefined;
}

/** Asks a server and checks its answer. `startTwin` starts the same with `--reactor node`. */
export async function identifyBackEnd(server: Server, startTwin: () => Promise<Server>): Promise<BackEnd> {
  // A server that does not say, such as one that is put in CrabKV's place for a trial, is measured all the same.
  const name = await server.info('reactor').catch(() => 'nothing');
  // Elsewhere there is no /proc to look into, and no back end but node either.
  if (process.platform !== 'linux') return { name, doubt: undefined };
  const twin = await startTwin();
  try {
    await delay(SETTLE_MS);
    return { name, doubt: findDoubt(name, eventObjectsOf(server), eventObjectsOf(twin)) };
  } finally {
    await twin.stop();
  }
}

function eventObjectsOf({ pid }: Server): EventObjects {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  return countEventObjects(links);
}
