/**
 * The system calls of the epoll reactor, through koffi, and whether they can be had.
 *
 * They are made for every connection with something to read or to send, so all they take is integers: memory is given as an
 * address (`addressOf`), which costs 50 ns less a call than a typed array, and leaves no garbage. Each returns what the C
 * function returns, and `errno` tells why one has failed.
 */

import type { Native } from '../native.js';
import { EPOLL_CLOEXEC } from './abi.js';

export interface EpollCalls {
  epoll_create1(flags: number): number;
  /** `event`: the address of an event (abi.ts). */
  epoll_ctl(poll: number, operation: number, descriptor: number, event: number): number;
  /** `events`: the address of room for `count` events. */
  epoll_wait(poll: number, events: number, count: number, timeoutMs: number): number;
  /** `address` and `size` may be 0: the peer's address is not asked for. */
  accept4(descriptor: number, address: number, size: number, flags: number): number;
  recv(descriptor: number, address: number, bytes: number, flags: number): number;
  send(descriptor: number, address: number, bytes: number, flags: number): number;
  read(descriptor: number, address: number, bytes: number): number;
  /** Why the last call has failed: a number of abi.ts. To be asked for at once. */
  errno(): number;
}

let loaded: Promise<EpollCalls | undefined> | undefined;

/** The calls, or undefined where they can't be had. Loads once per thread. */
export function loadEpollCalls(): Promise<EpollCalls | undefined> {
  loaded ??= load();
  return loaded;
}

/** Undefined when the reactor can run; otherwise why not, as the second half of a sentence. */
export function probeEpoll(native: Native, calls: EpollCalls): string | undefined {
  const descriptor = calls.epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) return `epoll is not to be had here (${native.lastError()})`;
  native.close(descriptor);
  return undefined;
}

async function load(): Promise<EpollCalls | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    return {
      epoll_create1: library.func('int epoll_create1(int flags)'),
      epoll_ctl: library.func('int epoll_ctl(int poll, int operation, int descriptor, size_t event)'),
      epoll_wait: library.func('int epoll_wait(int poll, size_t events, int count, int timeout)'),
      accept4: library.func('int accept4(int descriptor, size_t address, size_t size, int flags)'),
      recv: library.func('long recv(int descriptor, size_t address, size_t bytes, int flags)'),
      send: library.func('long send(int descriptor, size_t address, size_t bytes, int flags)'),
      read: library.func('long read(int descriptor, size_t address, size_t bytes)'),
      errno: () => koffi.errno(),
    };
  } catch {
    return undefined;
  }
}
