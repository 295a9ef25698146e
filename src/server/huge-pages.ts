/**
 * Huge pages for the data: a random key costs two or three memory accesses far apart, and with pages of 4 KiB each of them
 * also misses the processor's table of addresses, in a virtual machine at four times the price.
 *
 * The system is asked, not told (madvise(2), MADV_HUGEPAGE): it needs transparent_hugepage to be `madvise` or `always`, as
 * distributions have it, and falls back to small pages by itself. Redis advises against huge pages because of its fork,
 * which copies whole pages for every byte that changes; here nobody forks.
 *
 * Linux only, and only with koffi.
 */

import type { MemoryShared } from '../memory/layout.js';
import { loadNative } from './native.js';

const MADV_HUGEPAGE = 14;
const HUGE_PAGE_BYTES = 2n * 1024n * 1024n;

/** Asks for huge pages under all segments, as far as they are aligned to them. */
export async function adviseHugePages(memory: MemoryShared): Promise<void> {
  const native = process.platform === 'linux' ? await loadNative() : undefined;
  if (native === undefined) return;
  for (const segment of memory.segments) {
    const address = native.address(new Uint8Array(segment));
    const from = ((address + HUGE_PAGE_BYTES - 1n) / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
    const to = ((address + BigInt(segment.byteLength)) / HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
    if (to > from) native.madvise(from, Number(to - from), MADV_HUGEPAGE);
  }
}
