/**
 * What the system is told about the memory for data (madvise(2)).
 *
 * *Huge pages*: a random key costs two or three memory accesses far apart, and with pages of 4 KiB each of them also misses the
 * processor's table of addresses, in a virtual machine at four times the price. The system is asked, not told (MADV_HUGEPAGE): it
 * needs transparent_hugepage to be `madvise` or `always`, as distributions have it, and falls back to small pages by itself.
 * Redis advises against huge pages because of its fork, which copies whole pages for every byte that changes; here nobody forks.
 *
 * *Not for children* (MADV_DONTFORK): an application that a store lives in may start other programs. For a moment these have all
 * of its memory, and as much address space as is reserved here, which may be all that the machine has, makes the system refuse.
 *
 * Linux only, and only with koffi.
 */

import { type MemoryShared, SEGMENT_BYTES } from '../memory/layout.js';
import { loadNative } from './native.js';

const MADV_DONTFORK = 10;
const MADV_HUGEPAGE = 14;
const PAGE_BYTES = 4096n;
const HUGE_PAGE_BYTES = 2n * 1024n * 1024n;
/** As much may be left as it is, in all of this thread: it troubles nobody, and a start is quicker without system calls. */
const UNADVISED_BYTES_MAX = 4 * 1024 ** 3;

let unadvisedBytes = 0;

/** Gives the advice for all segments, as far as they are aligned to pages. */
export async function adviseMemory(memory: MemoryShared, wantsHugePages: boolean): Promise<void> {
  const bytes = memory.segments.length * SEGMENT_BYTES;
  if (!wantsHugePages && unadvisedBytes + bytes <= UNADVISED_BYTES_MAX) {
    unadvisedBytes += bytes;
    return;
  }
  const native = process.platform === 'linux' ? await loadNative() : undefined;
  if (native === undefined) return;
  const advise = (segment: SharedArrayBuffer, pageBytes: bigint, advice: number): void => {
    const address = native.address(new Uint8Array(segment));
    const from = ((address + pageBytes - 1n) / pageBytes) * pageBytes;
    const to = ((address + BigInt(segment.byteLength)) / pageBytes) * pageBytes;
    if (to > from) native.madvise(from, Number(to - from), advice);
  };
  for (const segment of memory.segments) {
    advise(segment, PAGE_BYTES, MADV_DONTFORK);
    if (wantsHugePages) advise(segment, HUGE_PAGE_BYTES, MADV_HUGEPAGE);
  }
}
