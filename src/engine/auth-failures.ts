/**
 * Wrong passwords by the address that they came from, so that whoever guesses becomes slow.
 *
 * Once FAILURES_FREE have failed, every further AUTH of that address, right or wrong, waits for `auth-delay` before it is even
 * looked at, until none has failed for FORGOTTEN_AFTER_SECONDS. Whoever knows the password is never refused, only held up, and
 * whoever guesses learns nothing from the time that an answer takes.
 *
 * The table is shared by all threads, and its size is fixed. An address is one of WAYS slots of a group:
 *
 *     0  hash of the address, 0 = nobody's
 *     1  failures
 *     2  second of the last one, on the server's clock
 *
 * A full group gives up the address that has failed longest ago. All who are behind one IPv6 network of 64 bits are one address:
 * anybody has as many as he likes of these. Threads may overwrite what another has just counted, which nobody who guesses gains
 * from: it takes as many guesses as there are threads, at the same moment.
 */

import { viewOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';

/** Wrong passwords of one address that cost nothing. A person needs fewer, and a pool of connections that tries a few at once. */
export const FAILURES_FREE = 10;
/** No delay is longer, so that an address that goes on guessing is never forgotten. */
export const FORGOTTEN_AFTER_SECONDS = 60;

const GROUP_COUNT = 512;
const WAYS = 8;
const SLOT_WORDS = 3;
const HASH = 0;
const COUNT = 1;
const SECOND = 2;
/** Of the eight groups of 16 bits in an IPv6 address, those that tell one network from another. */
const NETWORK_GROUPS = 4;
const IPV6_GROUPS = 8;
const MS_PER_SECOND = 1000;
/** Seconds are kept in so many bits: only how far they lie apart matters. */
const SECOND_MASK = 0x7fff_ffff;

export type AuthFailuresShared = SharedArrayBuffer;

export function createAuthFailuresShared(): AuthFailuresShared {
  return new SharedArrayBuffer(GROUP_COUNT * WAYS * SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

export class AuthFailures {
  private readonly words: Int32Array;

  constructor(shared: AuthFailuresShared) {
    this.words = new Int32Array(shared);
  }

  /** True when an AUTH of this client address (with its port) has to wait. */
  areMany(address: string, nowMs: number): boolean {
    const second = secondOf(nowMs);
    const slot = this.find(hashOf(address), second);
    return slot >= 0 && Atomics.load(this.words, slot + COUNT) >= FAILURES_FREE;
  }

  /** A password from this client address was wrong. */
  note(address: string, nowMs: number): void {
    const { words } = this;
    const second = secondOf(nowMs);
    const hash = hashOf(address);
    let slot = this.find(hash, second);
    if (slot < 0) {
      slot = this.oldest(hash, second);
      Atomics.store(words, slot + COUNT, 0);
      Atomics.store(words, slot + HASH, hash);
    }
    Atomics.store(words, slot + SECOND, second);
    if (Atomics.load(words, slot + COUNT) < FAILURES_FREE) Atomics.add(words, slot + COUNT, 1);
  }

  /** The slot of an address that has failed and is not forgotten, or -1. */
  private find(hash: number, second: number): number {
    const first = groupOf(hash);
    for (let slot = first; slot < first + WAYS * SLOT_WORDS; slot += SLOT_WORDS) {
      if (Atomics.load(this.words, slot + HASH) === hash && this.age(slot, second) <= FORGOTTEN_AFTER_SECONDS)
        return slot;
    }
    return -1;
  }

  /** The slot of its group that has failed longest ago. */
  private oldest(hash: number, second: number): number {
    const first = groupOf(hash);
    let oldest = first;
    for (let slot = first; slot < first + WAYS * SLOT_WORDS; slot += SLOT_WORDS) {
      if (this.age(slot, second) > this.age(oldest, second)) oldest = slot;
    }
    return oldest;
  }

  /** Seconds since the last failure; very many in a slot that is nobody's, or when the clock was set back. */
  private age(slot: number, second: number): number {
    if (Atomics.load(this.words, slot + HASH) === 0) return SECOND_MASK;
    return (second - Atomics.load(this.words, slot + SECOND)) & SECOND_MASK;
  }
}

function secondOf(nowMs: number): number {
  return Math.floor(nowMs / MS_PER_SECOND) & SECOND_MASK;
}

function groupOf(hash: number): number {
  return ((hash >>> 0) % GROUP_COUNT) * WAYS * SLOT_WORDS;
}

/** Never 0. With the seed of the key hash, so that nobody can choose who shares his slot. */
function hashOf(address: string): number {
  const network = Buffer.from(networkOf(address));
  return hashBytes(viewOf(network), 0, network.length) | 1;
}

/** `127.0.0.1` of `127.0.0.1:50112`; the first 64 bits of an IPv6 address; the path of a Unix socket. */
export function networkOf(address: string): string {
  const host = address.slice(0, address.lastIndexOf(':'));
  if (!host.startsWith('[')) return host;
  const ip = host.slice(1, -1).replace(/%.*$/, ''); // without the interface
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped !== null) return mapped[1] as string;
  const [head = '', tail] = ip.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length < IPV6_GROUPS - after.length) groups.push('0');
  return [...groups, ...after].slice(0, NETWORK_GROUPS).join(':');
}
