/**
 * Memory that was used and freed goes back to the operating system, and can be used again.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryShared, Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { loadNative } from './native.js';
import { Scavenger } from './scavenger.js';

const BLOCK_BYTES = 1_000_000;
const BLOCKS = 200;

function fill(memory: Memory, pointer: number, value: number): void {
  const start = (pointer & SEGMENT_MASK) * 8;
  memory.u8[pointer >>> SEGMENT_SHIFT]?.fill(value, start, start + BLOCK_BYTES);
}

function firstByte(memory: Memory, pointer: number): number | undefined {
  return memory.u8[pointer >>> SEGMENT_SHIFT]?.[(pointer & SEGMENT_MASK) * 8 + BLOCK_BYTES / 2];
}

const canDiscard = process.platform === 'linux' && (await loadNative()) !== undefined;
const skip = canDiscard ? false : 'needs Linux and koffi';

test('memory that was freed goes back to the system, once it is much, and what is in use stays', {
  skip,
}, async () => {
  const memory = new Memory(createMemoryShared({ bytes: 2 ** 31, shardCount: 1, databaseCount: 1 }));
  const scavenger = new Scavenger(memory);
  const kept = memory.allocate(0, BLOCK_BYTES);
  fill(memory, kept, 7);
  const blocks = Array.from({ length: BLOCKS }, () => memory.allocate(0, BLOCK_BYTES));
  for (const block of blocks) fill(memory, block, 1);
  assert.equal(await scavenger.look(), 0, 'nothing is free yet');
  const before = process.memoryUsage.rss();
  for (const block of blocks) memory.free(0, block);
  assert.equal(await scavenger.look(), 0, 'it waits until memory does not shrink any more');
  assert.ok((await scavenger.look()) >= BLOCKS * BLOCK_BYTES);
  assert.ok(before - process.memoryUsage.rss() > (BLOCKS * BLOCK_BYTES) / 2, 'the process is smaller');
  assert.equal(await scavenger.look(), 0, 'there is nothing more to give');
  assert.equal(firstByte(memory, kept), 7);

  const again = memory.allocate(0, BLOCK_BYTES);
  assert.equal(firstByte(memory, again), 0, 'the system gives empty pages');
  memory.free(0, again);
  memory.free(0, kept);
  assert.equal(memory.pagesInUse(), 0);
  assert.notEqual(memory.allocate(0, 900_000_000), 0, 'all of it is one span again');
});
