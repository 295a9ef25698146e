/**
 * A Memory for tests of structures: its pointers lie beyond 2^31, as they do with more than 16 GiB, so that signed
 * arithmetic on a pointer shows; and its allocations can be made to fail.
 */

import { createMemoryShared, Memory, SEGMENT_SHIFT } from '../../src/memory/memory.js';

const HIGH_SEGMENT = 31;
const HIGH_POINTER = HIGH_SEGMENT * 2 ** SEGMENT_SHIFT;

export class HighMemory extends Memory {
  /** How many more calls of `allocate` find memory. */
  allocationsLeft = Number.POSITIVE_INFINITY;

  constructor(shardCount = 1) {
    super(createMemoryShared({ bytes: 1, shardCount, databaseCount: 1 }));
    this.u8[HIGH_SEGMENT] = this.u8[0]!;
    this.u32[HIGH_SEGMENT] = this.u32[0]!;
    this.f64[HIGH_SEGMENT] = this.f64[0]!;
    this.data[HIGH_SEGMENT] = this.data[0]!;
  }

  override allocate(shard: number, bytes: number): number {
    if (this.allocationsLeft === 0) return 0;
    this.allocationsLeft -= 1;
    return super.allocate(shard, bytes) + HIGH_POINTER;
  }

  override free(shard: number, pointer: number): void {
    super.free(shard, pointer - HIGH_POINTER);
  }
}
