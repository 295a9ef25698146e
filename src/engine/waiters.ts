/**
 * Who waits for which key: queues in shared memory, of clients of all threads.
 *
 *     shard: ENGINE_WAITERS ──▶ chains ──▶ queue: one for each (database, key) ──▶ queue of the same chain ...
 *                                            │ first, last
 *                                            ▼
 *                                          waiter ⇄ waiter ⇄ waiter       in the order of arrival
 *
 * A client that waits for several keys has a waiter in the queue of each. A waiter wants a value of one type: what else the key
 * may hold is nothing to it. The chains of a shard come with its first waiter and go with the last; a queue likewise.
 *
 * Nobody takes anything out of a key for somebody else: whoever makes a key ready *signals* its first waiter, and the waiter's
 * own thread runs its command again. So a signal is no more than a hint; what counts is what that thread finds. Invariant, from
 * which it follows that no wake-up is lost:
 *
 *     If a key holds a value of a type that somebody waits for, then the first one who does is signalled, or its thread has still
 *     to look, or is looking. (Whoever gives up its place in a queue signals the next one, if there is something to take.)
 *
 * A signalled waiter is on the *stack* of its thread: a list with its head in words that all threads share, which anybody may
 * put something on, and of which the thread takes all at once. Its mark `signalled` is 1 from just before it is put on until
 * it has been taken off; a mark that is 1 already means that the thread has still to look. Only the thread frees its waiters,
 * and none that may be on the stack. Threads are woken when no baton is held any more (`wakeOthers`).
 *
 * The caller holds the baton of the shard, but for what says otherwise. Nothing here throws.
 */

import { copyWords, equalWords } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import type { KeyWatcher } from './key-tables.js';
import type { Keyspace } from './keyspace.js';
import { ENGINE_WAITERS } from './shard-words.js';
import { THREAD_COUNT_MAX } from './statistics.js';

/** The chains of a shard: the number of queues, then the first queue of each chain. */
const CHAIN_COUNT = 64;
const CHAINS_QUEUES = 0;
const CHAINS_FIRST = 1;
const CHAINS_BYTES = (CHAINS_FIRST + CHAIN_COUNT) * 4;
/** The lower bits of a hash say which shard it is. */
const CHAIN_SHIFT = 6;

/** A queue: u32 words, then the key. */
const QUEUE_NEXT = 0;
const QUEUE_HASH = 1;
const QUEUE_DATABASE = 2;
const QUEUE_KEY_SIZE = 3;
const QUEUE_FIRST = 4;
const QUEUE_LAST = 5;
const QUEUE_HEADER_BYTES = 24;

/** A waiter: u32 words, the last two are an f64. */
const WAITER_QUEUE = 0;
const WAITER_PREVIOUS = 1;
const WAITER_NEXT = 2;
/** The type that it waits for (3 bits), and its thread. */
const WAITER_TRAITS = 3;
const WAITER_SIGNALLED = 4;
const WAITER_STACKED = 5;
const WAITER_CLIENT = 6;
const WAITER_BYTES = 32;
const TYPE_BITS = 3;
const TYPE_MASK = (1 << TYPE_BITS) - 1;

/** Each thread's head is in a cache line of its own. */
const HEAD_WORDS = 16;

export type WaitersShared = SharedArrayBuffer;

export function createWaitersShared(): WaitersShared {
  return new SharedArrayBuffer(THREAD_COUNT_MAX * HEAD_WORDS * 4);
}

export class Waiters implements KeyWatcher {
  /** This thread has signalled somebody since `wakeOthers` was called last. */
  hasSignalled = false;
  private readonly keyspace: Keyspace;
  private readonly memory: Memory;
  private readonly headers: Uint32Array;
  private readonly heads: Uint32Array;
  private readonly thread: number;
  /** The threads to be woken, as two words of 32 bits. */
  private wakeLow = 0;
  private wakeHigh = 0;

  /** @param thread index of the calling thread, below THREAD_COUNT_MAX */
  constructor(shared: WaitersShared, thread: number, keyspace: Keyspace) {
    this.keyspace = keyspace;
    this.memory = keyspace.memory;
    this.headers = keyspace.memory.shardU32;
    this.heads = new Uint32Array(shared);
    this.thread = thread;
    keyspace.watcher = this;
  }

  // --- for who waits

  /** True when nobody but this client waits for such a value of the key, or it came before all others. */
  isFirst(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    offset: number,
    size: number,
    type: number,
    client: number,
  ): boolean {
    if (this.headers[this.memory.engineAt(shard) + ENGINE_WAITERS] === 0) return true;
    const first = this.firstOfType(this.findQueue(shard, database, hash, keys, offset, size), type);
    return first === 0 || this.clientOf(first) === client;
  }

  /** Puts a client of this thread at the end of a key's queue. Returns the waiter; 0 when memory is exhausted. */
  add(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    offset: number,
    size: number,
    type: number,
    client: number,
  ): number {
    const waiter = this.memory.allocate(shard, WAITER_BYTES);
    if (waiter === 0) return 0;
    const found = this.findQueue(shard, database, hash, keys, offset, size);
    const queue = found === 0 ? this.makeQueue(shard, database, hash, keys, offset, size) : found;
    if (queue === 0) {
      this.memory.free(shard, waiter);
      return 0;
    }
    const last = this.word(queue, QUEUE_LAST);
    this.setWord(waiter, WAITER_QUEUE, queue);
    this.setWord(waiter, WAITER_PREVIOUS, last);
    this.setWord(waiter, WAITER_NEXT, 0);
    this.setWord(waiter, WAITER_TRAITS, type | (this.thread << TYPE_BITS));
    this.setWord(waiter, WAITER_SIGNALLED, 0);
    this.setWord(waiter, WAITER_STACKED, 0);
    this.memory.f64[waiter >>> SEGMENT_SHIFT]![(waiter & SEGMENT_MASK) + (WAITER_CLIENT >> 1)] = client;
    if (last === 0) this.setWord(queue, QUEUE_FIRST, waiter);
    else this.setWord(last, WAITER_NEXT, waiter);
    this.setWord(queue, QUEUE_LAST, waiter);
    return waiter;
  }

  /**
   * Takes a waiter of this thread out of its queue, and signals the next one if there is something to take: nobody signals this
   * one any more. It is to be freed by `free`, and not while it may be on the stack (`isSignalled`).
   */
  leave(shard: number, waiter: number): void {
    const queue = this.word(waiter, WAITER_QUEUE);
    const previous = this.word(waiter, WAITER_PREVIOUS);
    const next = this.word(waiter, WAITER_NEXT);
    if (previous === 0) this.setWord(queue, QUEUE_FIRST, next);
    else this.setWord(previous, WAITER_NEXT, next);
    if (next === 0) this.setWord(queue, QUEUE_LAST, previous);
    else this.setWord(next, WAITER_PREVIOUS, previous);
    if (this.word(queue, QUEUE_FIRST) === 0) this.dropQueue(shard, queue);
    else this.signalIfReady(shard, queue);
  }

  /** True when the waiter may be on the stack of its thread: `collect` takes it off. Needs no baton. */
  isSignalled(waiter: number): boolean {
    const words = this.memory.u32[waiter >>> SEGMENT_SHIFT]!;
    return Atomics.load(words, ((waiter & SEGMENT_MASK) << 1) + WAITER_SIGNALLED) !== 0;
  }

  /** Takes a waiter out that was added under the batons that are still held: nobody knows of it. */
  abandon(shard: number, waiter: number): void {
    this.leave(shard, waiter);
    this.free(shard, waiter);
  }

  /** Frees a waiter that has left. */
  free(shard: number, waiter: number): void {
    this.memory.free(shard, waiter);
  }

  /** Takes all waiters of `thread` out of the shard's queues: that thread is no more. `forgetStack` follows, after all shards. */
  forgetThread(shard: number, thread: number): void {
    for (let chain = 0; chain < CHAIN_COUNT; chain++) {
      // With the last waiter of a queue the queue goes, and with the last queue the chains: begin again after each.
      for (let waiter = this.waiterOf(shard, chain, thread); waiter !== 0; ) {
        this.leave(shard, waiter);
        this.free(shard, waiter);
        waiter = this.waiterOf(shard, chain, thread);
      }
    }
  }

  /** Nobody takes anything off the stack of `thread` any more. */
  forgetStack(thread: number): void {
    Atomics.store(this.heads, thread * HEAD_WORDS, 0);
  }

  // --- for who makes keys ready

  /** A key has come to be, or is of another type now: `entry` is in the table. */
  keyAppeared(shard: number, database: number, entry: number): void {
    const { entries } = this.keyspace;
    const keys = entries.data(entry);
    const offset = entries.keyOffset(entry);
    const size = entries.keySize(entry);
    const queue = this.findQueue(shard, database, hashBytes(keys, offset, size), keys, offset, size);
    this.signal(this.firstOfType(queue, entries.type(entry)));
  }

  /** A database has become another one: whatever is waited for in it may be there now. */
  databaseChanged(shard: number, database: number): void {
    const chains = this.headers[this.memory.engineAt(shard) + ENGINE_WAITERS]!;
    if (chains === 0) return;
    for (let chain = 0; chain < CHAIN_COUNT; chain++) {
      let queue = this.word(chains, CHAINS_FIRST + chain);
      while (queue !== 0) {
        if (this.word(queue, QUEUE_DATABASE) === database) this.signalIfReady(shard, queue);
        queue = this.word(queue, QUEUE_NEXT);
      }
    }
  }

  // --- without batons

  /** Wakes the other threads whose clients this one has signalled. */
  wakeOthers(): void {
    this.hasSignalled = false;
    const { log } = this.keyspace;
    for (let bits = this.wakeLow; bits !== 0; bits &= bits - 1) log.wakeThread(31 - Math.clz32(bits & -bits));
    for (let bits = this.wakeHigh; bits !== 0; bits &= bits - 1)
      log.wakeThread(63 - Math.clz32(bits & -bits));
    this.wakeLow = 0;
    this.wakeHigh = 0;
  }

  /** Takes the waiters off the stack of this thread, and adds their clients to `clients`: the first one signalled first. */
  collect(clients: number[]): void {
    const head = this.thread * HEAD_WORDS;
    if (Atomics.load(this.heads, head) === 0) return;
    const start = clients.length;
    let waiter = Atomics.exchange(this.heads, head, 0);
    while (waiter !== 0) {
      const words = this.memory.u32[waiter >>> SEGMENT_SHIFT]!;
      const at = (waiter & SEGMENT_MASK) << 1;
      clients.push(this.clientOf(waiter));
      waiter = words[at + WAITER_STACKED]!;
      Atomics.store(words, at + WAITER_SIGNALLED, 0); // from here on it may be put on again
    }
    for (let from = start, to = clients.length - 1; from < to; from++, to--) {
      const client = clients[from]!;
      clients[from] = clients[to]!;
      clients[to] = client;
    }
  }

  // --- inside

  /** Signals the first waiter of a queue that waits for what its key holds. */
  private signalIfReady(shard: number, queue: number): void {
    const { keyspace } = this;
    const keys = this.memory.data[queue >>> SEGMENT_SHIFT]!;
    const entry = keyspace.findStored(
      shard,
      this.word(queue, QUEUE_DATABASE),
      this.word(queue, QUEUE_HASH) | 0,
      keys,
      keyOffset(queue),
      this.word(queue, QUEUE_KEY_SIZE),
    );
    if (entry !== 0) this.signal(this.firstOfType(queue, keyspace.entries.type(entry)));
  }

  /** Puts a waiter on the stack of its thread; 0 is none. */
  private signal(waiter: number): void {
    if (waiter === 0) return;
    const words = this.memory.u32[waiter >>> SEGMENT_SHIFT]!;
    const at = (waiter & SEGMENT_MASK) << 1;
    if (Atomics.compareExchange(words, at + WAITER_SIGNALLED, 0, 1) !== 0) return;
    const thread = words[at + WAITER_TRAITS]! >>> TYPE_BITS;
    const head = thread * HEAD_WORDS;
    let top: number;
    do {
      top = Atomics.load(this.heads, head);
      words[at + WAITER_STACKED] = top;
    } while (Atomics.compareExchange(this.heads, head, top, waiter) !== top);
    this.hasSignalled = true;
    if (thread === this.thread) return;
    if (thread < 32) this.wakeLow |= 1 << thread;
    else this.wakeHigh |= 1 << (thread - 32);
  }

  /** A waiter of `thread` in one of the queues of a chain, or 0. */
  private waiterOf(shard: number, chain: number, thread: number): number {
    const chains = this.headers[this.memory.engineAt(shard) + ENGINE_WAITERS]!;
    let queue = chains === 0 ? 0 : this.word(chains, CHAINS_FIRST + chain);
    for (; queue !== 0; queue = this.word(queue, QUEUE_NEXT)) {
      let waiter = this.word(queue, QUEUE_FIRST);
      for (; waiter !== 0; waiter = this.word(waiter, WAITER_NEXT)) {
        if (this.word(waiter, WAITER_TRAITS) >>> TYPE_BITS === thread) return waiter;
      }
    }
    return 0;
  }

  /** The first waiter of a queue (0 is none) that waits for such a value, or 0. */
  private firstOfType(queue: number, type: number): number {
    if (queue === 0) return 0;
    let waiter = this.word(queue, QUEUE_FIRST);
    while (waiter !== 0 && (this.word(waiter, WAITER_TRAITS) & TYPE_MASK) !== type) {
      waiter = this.word(waiter, WAITER_NEXT);
    }
    return waiter;
  }

  private findQueue(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    offset: number,
    size: number,
  ): number {
    const chains = this.headers[this.memory.engineAt(shard) + ENGINE_WAITERS]!;
    if (chains === 0) return 0;
    let queue = this.word(chains, chainOf(hash));
    while (queue !== 0 && !this.isQueueOf(queue, database, hash, keys, offset, size)) {
      queue = this.word(queue, QUEUE_NEXT);
    }
    return queue;
  }

  private isQueueOf(
    queue: number,
    database: number,
    hash: number,
    keys: DataView,
    offset: number,
    size: number,
  ): boolean {
    if (this.word(queue, QUEUE_HASH) !== hash >>> 0 || this.word(queue, QUEUE_DATABASE) !== database)
      return false;
    if (this.word(queue, QUEUE_KEY_SIZE) !== size) return false;
    return equalWords(this.memory.data[queue >>> SEGMENT_SHIFT]!, keyOffset(queue), keys, offset, size);
  }

  /** A queue without waiters, in its chain; 0 when memory is exhausted. */
  private makeQueue(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    offset: number,
    size: number,
  ): number {
    const queue = this.memory.allocate(shard, QUEUE_HEADER_BYTES + size);
    if (queue === 0) return 0;
    const chains = this.ensureChains(shard);
    if (chains === 0) {
      this.memory.free(shard, queue);
      return 0;
    }
    this.setWord(queue, QUEUE_NEXT, this.word(chains, chainOf(hash)));
    this.setWord(queue, QUEUE_HASH, hash);
    this.setWord(queue, QUEUE_DATABASE, database);
    this.setWord(queue, QUEUE_KEY_SIZE, size);
    this.setWord(queue, QUEUE_FIRST, 0);
    this.setWord(queue, QUEUE_LAST, 0);
    copyWords(this.memory.data[queue >>> SEGMENT_SHIFT]!, keyOffset(queue), keys, offset, size);
    this.setWord(chains, chainOf(hash), queue);
    this.setWord(chains, CHAINS_QUEUES, this.word(chains, CHAINS_QUEUES) + 1);
    return queue;
  }

  private ensureChains(shard: number): number {
    const word = this.memory.engineAt(shard) + ENGINE_WAITERS;
    if (this.headers[word] !== 0) return this.headers[word]!;
    const chains = this.memory.allocate(shard, CHAINS_BYTES);
    if (chains === 0) return 0;
    for (let at = 0; at < CHAINS_FIRST + CHAIN_COUNT; at++) this.setWord(chains, at, 0);
    this.headers[word] = chains;
    return chains;
  }

  /** Frees a queue that nobody is in, and the chains with the last one. */
  private dropQueue(shard: number, queue: number): void {
    const word = this.memory.engineAt(shard) + ENGINE_WAITERS;
    const chains = this.headers[word]!;
    const next = this.word(queue, QUEUE_NEXT);
    const chain = chainOf(this.word(queue, QUEUE_HASH));
    let before = this.word(chains, chain);
    if (before === queue) {
      this.setWord(chains, chain, next);
    } else {
      while (this.word(before, QUEUE_NEXT) !== queue) before = this.word(before, QUEUE_NEXT);
      this.setWord(before, QUEUE_NEXT, next);
    }
    this.memory.free(shard, queue);
    const left = this.word(chains, CHAINS_QUEUES) - 1;
    this.setWord(chains, CHAINS_QUEUES, left);
    if (left !== 0) return;
    this.headers[word] = 0;
    this.memory.free(shard, chains);
  }

  private clientOf(waiter: number): number {
    return this.memory.f64[waiter >>> SEGMENT_SHIFT]![(waiter & SEGMENT_MASK) + (WAITER_CLIENT >> 1)]!;
  }

  private word(pointer: number, index: number): number {
    return this.memory.u32[pointer >>> SEGMENT_SHIFT]![((pointer & SEGMENT_MASK) << 1) + index]!;
  }

  private setWord(pointer: number, index: number, value: number): void {
    this.memory.u32[pointer >>> SEGMENT_SHIFT]![((pointer & SEGMENT_MASK) << 1) + index] = value;
  }
}

/** Where the first queue of the chain for such a hash is noted. */
function chainOf(hash: number): number {
  return CHAINS_FIRST + ((hash >>> CHAIN_SHIFT) & (CHAIN_COUNT - 1));
}

/** Offset, in its segment, of the key of a queue. */
function keyOffset(queue: number): number {
  return ((queue & SEGMENT_MASK) << 3) + QUEUE_HEADER_BYTES;
}
