/**
 * Size classes: which slots a slab is cut into.
 *
 * Up to 128 bytes a class every 8 bytes, then eight classes for each doubling, up to 16 KiB: at most 12.5 % of a
 * slot is slack. A slab is as many pages as waste at most 1/32 of it at the end (or the least wasteful of up to 16).
 */

import { GRANULE_BYTES, PAGE_BYTES, SIZE_CLASS_COUNT_MAX } from './layout.js';

/** Larger allocations take whole pages. */
export const SLOT_BYTES_MAX = 16_384;
const SLAB_PAGES_MAX = 16;
const SLAB_WASTE_MAX = 1 / 32;

const slotBytes = listSlotBytes();

export const SIZE_CLASS_COUNT = slotBytes.length;
if (SIZE_CLASS_COUNT > SIZE_CLASS_COUNT_MAX)
  throw new RangeError('more size classes than a shard record holds');

/** Bytes of a slot, per class. */
export const CLASS_SLOT_BYTES = Uint32Array.from(slotBytes);
/** Pages of a slab, per class. */
export const CLASS_SLAB_PAGES = Uint32Array.from(slotBytes, slabPages);
/** Slots of a slab, per class. */
export const CLASS_SLAB_SLOTS = Uint32Array.from(slotBytes, (bytes, index) =>
  Math.floor((CLASS_SLAB_PAGES[index]! * PAGE_BYTES) / bytes),
);
/** Class by size in granules, rounded up: `CLASS_BY_GRANULES[(bytes + 7) >>> 3]`. */
export const CLASS_BY_GRANULES = classByGranules();

function listSlotBytes(): number[] {
  const sizes: number[] = [];
  for (let bytes = GRANULE_BYTES; bytes <= 128; bytes += GRANULE_BYTES) sizes.push(bytes);
  for (let base = 128; base < SLOT_BYTES_MAX; base *= 2) {
    for (let step = 1; step <= 8; step++) sizes.push(base + (base / 8) * step);
  }
  return sizes;
}

function slabPages(bytes: number): number {
  let best = 0;
  let bestWaste = 1;
  for (let pages = Math.ceil(bytes / PAGE_BYTES); pages <= SLAB_PAGES_MAX; pages++) {
    const waste = ((pages * PAGE_BYTES) % bytes) / (pages * PAGE_BYTES);
    if (waste <= SLAB_WASTE_MAX) return pages;
    if (waste < bestWaste) {
      best = pages;
      bestWaste = waste;
    }
  }
  return best;
}

function classByGranules(): Uint8Array {
  const classes = new Uint8Array(SLOT_BYTES_MAX / GRANULE_BYTES + 1);
  let sizeClass = 0;
  for (let granules = 1; granules < classes.length; granules++) {
    if (granules * GRANULE_BYTES > slotBytes[sizeClass]!) sizeClass += 1;
    classes[granules] = sizeClass;
  }
  return classes;
}
