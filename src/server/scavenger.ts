/**
 * The scavenger: gives memory back to the operating system after much of it has been freed, as by FLUSHALL.
 *
 * Pages that the shards free are reused by all of them, but the process stays as large as it has ever been. So the main thread
 * looks once a second: when the pages in use are well below what they were, and do not shrink any more, every long free
 * span is taken out of the page heap, its memory discarded, and the span put back.
 *
 * Linux only, and only with koffi; elsewhere the memory stays with the process and is reused. Source: madvise(2), MADV_DONTNEED.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Memory, PAGE_BYTES, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { loadNative, type Native } from './native.js';

const MADV_DONTNEED = 4;
/** The system's pages; larger ones are multiples of it. */
const SYSTEM_PAGE_BYTES = 4096n;
/** Discarded in one call: about a millisecond. */
const SLICE_BYTES = 16 * 1024 * 1024;
/** Less than this is not worth it. */
const FREED_PAGES_MIN = (64 * 1024 * 1024) / PAGE_BYTES;

/**
 * What must stay free for everybody else while a span is out of the page heap. So a store of a single segment keeps what it
 * has, since that is one span.
 */
const SPARE_BYTES = 256 * 1024 * 1024;

export class Scavenger {
  readonly #memory: Memory;
  #native: Native | undefined;
  /** The most pages in use since memory was last given back. */
  #committedPages = 0;
  #lastPages = 0;
  #isBusy = false;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Called about once a second. Resolves to the bytes that were looked through and given back. */
  async look(): Promise<number> {
    const memory = this.#memory;
    const pages = memory.pagesInUse();
    const isShrinking = pages < this.#lastPages;
    this.#lastPages = pages;
    this.#committedPages = Math.max(this.#committedPages, pages);
    if (isShrinking || this.#committedPages - pages < FREED_PAGES_MIN) return 0;
    return this.purge();
  }

  /** Gives back what is free, however little. Resolves to the bytes that were looked through. */
  async purge(): Promise<number> {
    if (process.platform !== 'linux' || this.#isBusy) return 0;
    const memory = this.#memory;
    this.#isBusy = true;
    this.#native ??= await loadNative();
    if (this.#native === undefined) return 0; // and never again
    this.#committedPages = memory.pagesInUse();
    let bytes = 0;
    for (let span = memory.takeTouchedSpan(); span !== 0; span = memory.takeTouchedSpan()) {
      if (!memory.hasFree(SPARE_BYTES)) {
        memory.giveTouchedSpan(span);
        break;
      }
      const size = memory.usableBytes(span);
      await this.#discard(span, size);
      memory.giveUntouchedSpan(span);
      bytes += size;
    }
    this.#isBusy = false;
    return bytes;
  }

  async #discard(pointer: number, bytes: number): Promise<void> {
    const segment = this.#memory.u8[pointer >>> SEGMENT_SHIFT] as Uint8Array;
    const start = (pointer & SEGMENT_MASK) * 8;
    for (let done = 0; done < bytes; done += SLICE_BYTES) {
      const slice = segment.subarray(start + done, start + Math.min(done + SLICE_BYTES, bytes));
      this.#discardSlice(this.#native as Native, slice);
      await nextTurn();
    }
  }

  /** Only whole pages of the system's; the bytes beside them stay. */
  #discardSlice(native: Native, slice: Uint8Array): void {
    const address = native.address(slice);
    const from = ((address + SYSTEM_PAGE_BYTES - 1n) / SYSTEM_PAGE_BYTES) * SYSTEM_PAGE_BYTES;
    const to = ((address + BigInt(slice.length)) / SYSTEM_PAGE_BYTES) * SYSTEM_PAGE_BYTES;
    if (to > from) native.madvise(from, Number(to - from), MADV_DONTNEED);
  }
}
