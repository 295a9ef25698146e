import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chooseSeed, SeededRandom } from '../../test/support/random.js';
import { PAGES_PER_SEGMENT, RESERVE_PAGES } from './layout.js';
import { createMemoryShared, Memory, PAGE_BYTES, SEGMENT_MASK, SEGMENT_SHIFT } from './memory.js';
import { runTasks } from './memory-threads.case.js';
import { SLOT_BYTES_MAX } from './size-classes.js';

const MIB = 2 ** 20;
const SHARD_COUNT = 4;
/** All of a segment but page 0, which is never handed out. */
const SPAN_BYTES_MAX = (PAGES_PER_SEGMENT - 1) * PAGE_BYTES;

function createMemory(bytes = 1): Memory {
  return new Memory(createMemoryShared({ bytes, shardCount: SHARD_COUNT, databaseCount: 1 }));
}

/** Nothing is in use, and free pages have merged into one span again. */
function assertAllBack(memory: Memory): void {
  assert.equal(memory.pagesInUse(), 0);
  assert.equal(memory.usedBytes(), 0);
  for (let shard = 0; shard < SHARD_COUNT; shard++) assert.equal(memory.shardUsedBytes(shard), 0);
  const all = memory.allocatePages(SPAN_BYTES_MAX);
  assert.notEqual(all, 0, 'free pages are in one piece');
  memory.freePages(all);
}

interface Block {
  readonly shard: number;
  readonly pointer: number;
  readonly bytes: number;
  readonly mark: number;
}

/** Live blocks as the plainest model has them: start and end in bytes, and what each is filled with. */
class Checked {
  readonly blocks: Block[] = [];
  private readonly memory: Memory;
  private marks = 0;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  allocate(shard: number, bytes: number): void {
    const pointer = this.memory.allocate(shard, bytes);
    assert.notEqual(pointer, 0);
    const usable = this.memory.usableBytes(pointer);
    assert.ok(usable >= bytes);
    if (bytes <= SLOT_BYTES_MAX) assert.ok(usable <= bytes * 1.125 + 8, `${usable} bytes for ${bytes}`);
    else assert.equal(usable, Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES);
    const start = pointer * 8;
    for (const other of this.blocks) {
      const otherStart = other.pointer * 8;
      assert.ok(start + usable <= otherStart || otherStart + other.bytes <= start, 'blocks do not overlap');
    }
    const block = { shard, pointer, bytes: usable, mark: ++this.marks & 0xff };
    this.bytesOf(block).fill(block.mark);
    this.blocks.push(block);
  }

  free(index: number): void {
    const [block] = this.blocks.splice(index % this.blocks.length, 1);
    assert.ok(
      this.bytesOf(block!).every((byte) => byte === block!.mark),
      'contents survive',
    );
    this.memory.free(block!.shard, block!.pointer);
  }

  checkAccounts(): void {
    let sum = 0;
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      const own = this.blocks.filter((block) => block.shard === shard);
      const used = own.reduce((bytes, block) => bytes + block.bytes, 0);
      assert.equal(this.memory.shardUsedBytes(shard), used);
      sum += used;
    }
    assert.equal(this.memory.usedBytes(), sum);
    assert.ok(Math.abs(this.memory.usedBytesApproximate() - sum) <= SHARD_COUNT * 2 * 65_536);
    assert.ok(this.memory.pagesInUse() * PAGE_BYTES >= sum);
  }

  private bytesOf(block: Block): Uint8Array {
    const start = (block.pointer & SEGMENT_MASK) << 3;
    return this.memory.u8[block.pointer >>> SEGMENT_SHIFT]!.subarray(start, start + block.bytes);
  }
}

describe('Memory', () => {
  it('gives blocks that do not overlap, keeps their contents and accounts, and gets all pages back', () => {
    const memory = createMemory();
    const size = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 200 }) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: SLOT_BYTES_MAX }) },
      { weight: 1, arbitrary: fc.integer({ min: SLOT_BYTES_MAX, max: 100_000 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(8, 128, 129, 4096, SLOT_BYTES_MAX, SLOT_BYTES_MAX + 1, 24_576, MIB),
      },
    );
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ shard: fc.nat(SHARD_COUNT - 1), bytes: size }) },
      { weight: 4, arbitrary: fc.record({ free: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 250, size: 'max' }), (steps) => {
        const checked = new Checked(memory);
        for (const each of steps) {
          if ('shard' in each) checked.allocate(each.shard, each.bytes);
          else if (checked.blocks.length > 0) checked.free(each.free);
        }
        checked.checkAccounts();
        while (checked.blocks.length > 0) checked.free(0);
        assertAllBack(memory);
      }),
      { numRuns: 40 },
    );
  });

  it('tells what is in use within 512 KiB, and within 64 KiB where somebody watches a limit', () => {
    for (const isPrecise of [false, true]) {
      const memory = new Memory(createMemoryShared({ bytes: 1, shardCount: 64, databaseCount: 1 }));
      memory.publishPrecisely(isPrecise);
      const random = new SeededRandom(3);
      const blocks: [shard: number, pointer: number][] = [];
      for (let step = 0; step < 50_000; step++) {
        const shard = random.below(64);
        blocks.push([shard, memory.allocate(shard, 1 + random.below(300))]);
        if (step % 3 !== 0) memory.free(...blocks.splice(random.below(blocks.length), 1)[0]!);
        const off = Math.abs(memory.usedBytesApproximate() - memory.usedBytes());
        assert.ok(off <= (isPrecise ? 64 : 512) * 1024, `${off} bytes off`);
      }
    }
  });

  it('counts what is held for a snapshot apart', () => {
    const memory = createMemory();
    const small = memory.allocate(1, 100);
    const large = memory.allocate(2, 100_000);
    memory.hold(small);
    memory.hold(large);
    const bytes = memory.usableBytes(small) + memory.usableBytes(large);
    assert.equal(memory.heldBytes(), bytes);
    assert.equal(memory.usedBytes(), bytes, 'it is in use all the same');
    memory.freeHeld(1, small);
    assert.equal(memory.heldBytes(), memory.usableBytes(large));
    memory.freeHeld(2, large);
    assert.equal(memory.heldBytes(), 0);
    assertAllBack(memory);
  });

  it('cuts a slab into as many slots as fit before it takes another, and gives an empty one back at once', () => {
    const memory = createMemory();
    const pointers = Array.from({ length: PAGE_BYTES / 64 }, () => memory.allocate(0, 64));
    assert.equal(memory.pagesInUse(), 1);
    pointers.push(memory.allocate(0, 64));
    assert.equal(memory.pagesInUse(), 2);
    for (const pointer of pointers) memory.free(0, pointer);
    assertAllBack(memory);
  });

  it('returns 0 when memory is exhausted, loses nothing by it, and goes on when there is some again', () => {
    const memory = createMemory();
    const large: number[] = [];
    for (let pointer = -1; pointer !== 0; ) {
      pointer = memory.allocate(large.length % SHARD_COUNT, 64 * MIB);
      if (pointer !== 0) large.push(pointer);
    }
    assert.equal(large.length, 15, 'the sixteenth has page 0');
    const rest = memory.allocatePages(64 * MIB - PAGE_BYTES);
    assert.notEqual(rest, 0);
    assert.equal(memory.pagesInUse(), memory.pagesTotal - 1);
    for (const bytes of [1, 100, SLOT_BYTES_MAX, SLOT_BYTES_MAX + 1, MIB])
      assert.equal(memory.allocate(1, bytes), 0);
    assert.equal(memory.allocatePages(1), 0);
    assert.equal(memory.pagesInUse(), memory.pagesTotal - 1);
    memory.freePages(rest);
    const small = memory.allocate(1, 100);
    assert.notEqual(small, 0);
    memory.free(1, small);
    for (const [index, pointer] of large.entries()) memory.free(index % SHARD_COUNT, pointer);
    assertAllBack(memory);
  });

  it('still fills slots of a slab that is there when no page is left', () => {
    const memory = createMemory();
    const first = memory.allocate(0, 1024);
    const others: number[] = [];
    for (let bytes = SPAN_BYTES_MAX; bytes >= PAGE_BYTES; bytes = Math.floor(bytes / 2)) {
      for (let pages = memory.allocatePages(bytes); pages !== 0; pages = memory.allocatePages(bytes))
        others.push(pages);
    }
    assert.equal(memory.pagesInUse(), memory.pagesTotal - 1);
    const second = memory.allocate(0, 1024);
    assert.notEqual(second, 0);
    assert.equal(memory.allocate(1, 1024), 0, 'another shard has no slab');
    for (const pages of others) memory.freePages(pages);
    memory.free(0, first);
    memory.free(0, second);
    assertAllBack(memory);
  });

  it('merges free spans, in whatever order they come back', () => {
    const memory = createMemory();
    const seed = chooseSeed(process.env['TEST_SEED']);
    const random = new SeededRandom(seed);
    const spans = Array.from({ length: 2000 }, () => memory.allocatePages(1 + random.below(20 * PAGE_BYTES)));
    while (spans.length > 0) {
      const [pointer] = spans.splice(random.below(spans.length), 1);
      memory.freePages(pointer!);
    }
    assertAllBack(memory);
  });

  it('takes the shortest span that serves, so that long ones stay whole', () => {
    const memory = createMemory();
    const gap = memory.allocatePages(3 * PAGE_BYTES);
    const fence = memory.allocatePages(PAGE_BYTES);
    memory.freePages(gap);
    assert.equal(memory.allocatePages(2 * PAGE_BYTES), gap);
    memory.freePages(gap);
    memory.freePages(fence);
    assertAllBack(memory);
  });

  it('never merges spans of two segments: no allocation crosses them', () => {
    const memory = createMemory(2 * 2 ** 30);
    assert.equal(memory.pagesTotal, 2 * PAGES_PER_SEGMENT);
    const first = memory.allocatePages(SPAN_BYTES_MAX);
    const second = memory.allocatePages(SPAN_BYTES_MAX + PAGE_BYTES);
    assert.deepEqual([first >>> SEGMENT_SHIFT, second >>> SEGMENT_SHIFT], [0, 1]);
    memory.freePages(first);
    memory.freePages(second);
    assert.equal(memory.allocatePages(SPAN_BYTES_MAX + 2 * PAGE_BYTES), 0);
    assert.equal(memory.allocate(0, 1.5 * 2 ** 30), 0);
    assertAllBack(memory);
  });

  it('counts pages that belong to no shard, and the most that were ever in use', () => {
    const memory = createMemory();
    const pages = memory.allocatePages(3 * PAGE_BYTES + 1);
    assert.equal(memory.usableBytes(pages), 4 * PAGE_BYTES);
    assert.equal(memory.usedBytes(), 4 * PAGE_BYTES);
    memory.freePages(pages);
    assert.equal(memory.pagesPeak(), 4);
    assertAllBack(memory);
  });

  it('hands out long free spans that have been in use, once each, to be given back to the system', () => {
    const memory = createMemory();
    assert.equal(memory.takeTouchedSpan(), 0, 'nothing has been in use yet');
    const used = memory.allocatePages(8 * MIB);
    const fence = memory.allocatePages(PAGE_BYTES);
    memory.freePages(used);
    const span = memory.takeTouchedSpan();
    assert.equal(span, used);
    assert.equal(memory.usableBytes(span), 8 * MIB);
    assert.equal(memory.pagesInUse(), 8 * (MIB / PAGE_BYTES) + 1);
    assert.equal(memory.takeTouchedSpan(), 0);
    memory.giveUntouchedSpan(span);
    assert.equal(memory.takeTouchedSpan(), 0);
    memory.freePages(fence); // merges with what is around it, so that all of it has been in use
    const all = memory.takeTouchedSpan();
    assert.equal(memory.usableBytes(all), SPAN_BYTES_MAX);
    memory.giveUntouchedSpan(all);
    assertAllBack(memory);
  });

  it('keeps a reserve that hasFree does not promise', () => {
    const memory = createMemory();
    assert.ok(memory.hasFree((PAGES_PER_SEGMENT - RESERVE_PAGES - 1) * PAGE_BYTES));
    assert.ok(!memory.hasFree((PAGES_PER_SEGMENT - RESERVE_PAGES) * PAGE_BYTES));
  });

  it('serves threads that allocate in shards of their own at once', { timeout: 20_000 }, async (t) => {
    const seed = chooseSeed(process.env['TEST_SEED']);
    t.diagnostic(`TEST_SEED=${seed}`);
    const shared = createMemoryShared({ bytes: 1, shardCount: SHARD_COUNT, databaseCount: 1 });
    const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
    await runTasks(shards.map((shard) => ({ kind: 'allocate', shared, seed: seed + shard, shard })));
    assertAllBack(new Memory(shared));
  });
});
