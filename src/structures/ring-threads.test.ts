import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { RING_BYTES_MIN, RING_CONTROL_WORDS, RING_PAD, Ring } from './ring.js';

const PRODUCERS = 3;
const RECORDS = 20_000;
const KIND = 7;

interface Shared {
  readonly ring: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly producer: number;
}

/** Size of the n-th record of a producer: anything from a header to an eighth of the ring. */
function recordBytes(producer: number, sequence: number): number {
  return 16 + ((Math.imul(sequence + 1, 2654435761) ^ producer) & 0x1f8);
}

/** Appends records that say who made them, in which order, and are filled with a byte of their own. */
function produce(shared: Shared): void {
  const ring = new Ring(shared.ring, new Int32Array(shared.control), 0);
  for (let sequence = 0; sequence < RECORDS; sequence++) {
    const bytes = recordBytes(shared.producer, sequence);
    const index = ring.reserve(bytes);
    ring.u8.fill(sequence & 0xff, index + 16, index + bytes);
    ring.u32[(index >>> 2) + 1] = KIND;
    ring.u32[(index >>> 2) + 2] = shared.producer;
    ring.u32[(index >>> 2) + 3] = sequence;
    ring.commit(index, bytes);
    ring.kick();
  }
}

/** Takes one record out and gives it to `take`; 0 when there is none. */
function consume(ring: Ring, take: (index: number, bytes: number) => void): number {
  const index = ring.headIndex();
  const bytes = ring.committedBytes(index);
  if (bytes === 0) return 0;
  if (ring.u8[index + 4] !== RING_PAD) take(index, bytes);
  ring.release(bytes);
  return bytes;
}

if (!isMainThread) {
  produce(workerData as Shared);
} else {
  test('several threads append: every record comes out once, whole, in the order of its thread', async () => {
    const buffer = new SharedArrayBuffer(RING_BYTES_MIN);
    const control = new SharedArrayBuffer(RING_CONTROL_WORDS * 4);
    const ring = new Ring(buffer, new Int32Array(control), 0);
    ring.begin(0xffff_e000 | 0); // the position passes 2^32 on the way
    const workers = Array.from({ length: PRODUCERS }, (_, producer) => {
      const data: Shared = { ring: buffer, control, producer };
      return new Worker(new URL(import.meta.url), { workerData: data });
    });
    const exits = workers.map((worker) => once(worker, 'exit'));
    const next = new Array<number>(PRODUCERS).fill(0);
    let left = PRODUCERS * RECORDS;
    while (left > 0) {
      const taken = consume(ring, (index, bytes) => {
        const producer = ring.u32[(index >>> 2) + 2]!;
        const sequence = ring.u32[(index >>> 2) + 3]!;
        if (sequence !== next[producer] || bytes !== recordBytes(producer, sequence)) {
          assert.fail(
            `producer ${producer}: record ${sequence} of ${bytes} bytes, expected ${next[producer]}`,
          );
        }
        for (let at = index + 16; at < index + bytes; at++) {
          if (ring.u8[at] !== (sequence & 0xff))
            assert.fail(`producer ${producer}: record ${sequence} is torn`);
        }
        next[producer] = sequence + 1;
        left--;
      });
      if (taken !== 0) continue;
      ring.announceSleep();
      ring.sleep(ring.committedBytes(ring.headIndex()) === 0 ? 10_000 : 0);
    }
    await Promise.all(exits);
    assert.deepEqual(next, new Array(PRODUCERS).fill(RECORDS));
    assert.equal(ring.headIndex(), ring.tailLow() & (ring.bytes - 1));
  });
}
