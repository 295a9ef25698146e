/** What a thread of the memory's tests does: its task in the store that it is given. See memory-threads.case.ts. */

import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { SeededRandom } from '../../test/support/random.js';
import { Batons } from './baton.js';
import { Memory, type MemoryShared, SEGMENT_MASK, SEGMENT_SHIFT } from './memory.js';
import type { Task } from './memory-threads.case.js';

const ALLOCATE_STEPS = 20_000;
const LIVE_BLOCKS_MAX = 300;
/** So often a baton is held long enough for others to fall asleep. */
const LONG_HOLD_EVERY = 500;
const LONG_HOLD_TURNS = 20_000;

/** Allocates and frees blocks of one shard, each filled with a number of its own; in the end all are freed. */
function allocate(shared: MemoryShared, seed: number, shard: number): void {
  const memory = new Memory(shared);
  const random = new SeededRandom(seed);
  const live: { pointer: number; words: number; mark: number }[] = [];
  for (let step = 0; step < ALLOCATE_STEPS; step++) {
    if (live.length === LIVE_BLOCKS_MAX || (live.length > 0 && random.below(2) === 0)) {
      const [block] = live.splice(random.below(live.length), 1);
      checkMark(memory, block!);
      memory.free(shard, block!.pointer);
    } else {
      const bytes = random.below(4) === 0 ? 1 + random.below(60_000) : 8 + random.below(500);
      const pointer = memory.allocate(shard, bytes);
      assert.notEqual(pointer, 0);
      const block = { pointer, words: memory.usableBytes(pointer) >>> 2, mark: ((shard << 24) | step) >>> 0 };
      const at = (pointer & SEGMENT_MASK) << 1;
      memory.u32[pointer >>> SEGMENT_SHIFT]!.fill(block.mark, at, at + block.words);
      live.push(block);
    }
  }
  for (const block of live) {
    checkMark(memory, block);
    memory.free(shard, block.pointer);
  }
}

function checkMark(memory: Memory, block: { pointer: number; words: number; mark: number }): void {
  const words = memory.u32[block.pointer >>> SEGMENT_SHIFT]!;
  const at = (block.pointer & SEGMENT_MASK) << 1;
  for (let index = 0; index < block.words; index++) {
    if (words[at + index] !== block.mark) assert.fail(`block ${block.pointer} was written by somebody else`);
  }
}

/** Adds to plain counters under batons, one or all. */
function count(shared: MemoryShared, seed: number, buffer: SharedArrayBuffer, rounds: number): void {
  const batons = new Batons(shared);
  const counters = new Int32Array(buffer);
  const random = new SeededRandom(seed);
  for (let round = 0; round < rounds; round++) {
    if (round % 100 === 0) {
      batons.takeAll();
      for (let shard = 0; shard <= shared.shardCount; shard++) addSlowly(counters, shard, 1);
      batons.giveAll();
    } else {
      const shard = random.below(shared.shardCount);
      batons.take(shard);
      addSlowly(counters, shard, round % LONG_HOLD_EVERY === 1 ? LONG_HOLD_TURNS : 1);
      batons.give(shard);
    }
  }
}

/** Reads, takes its time, writes: whoever comes between is lost. */
function addSlowly(counters: Int32Array, index: number, turns: number): void {
  const before = counters[index]!;
  let sum = 0;
  for (let turn = 0; turn < turns; turn++) sum += turn & 1;
  counters[index] = before + 1 + (sum < 0 ? 1 : 0);
}

if (parentPort !== null && workerData !== null) {
  const task = workerData as Task;
  if (task.kind === 'allocate') allocate(task.shared, task.seed, task.shard);
  else count(task.shared, task.seed, task.counters, task.rounds);
}
