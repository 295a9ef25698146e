/**
 * LZF, the compression of long strings in Redis's RDB format, from its compressed form back.
 *
 *     000lllll                      l + 1 bytes follow as they are
 *     lllooooo oooooooo             l + 2 bytes (l from 1 to 6) that are repeated from o + 1 bytes before
 *     111ooooo llllllll oooooooo    the same with l + 9 bytes
 *
 * Source: LibLZF, whose format this is.
 */

const LITERAL_CONTROL_MAX = 31;
const LONG_MATCH = 7;

/**
 * Decompresses `source[from..to)` into `target[offset..offset + size)`.
 *
 * @returns true when the input is well formed and makes exactly `size` bytes; else what was written means nothing
 */
export function decompressLzf(
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  offset: number,
  size: number,
): boolean {
  const limit = offset + size;
  let at = from;
  let out = offset;
  while (at < to) {
    const control = source[at++]!;
    if (control <= LITERAL_CONTROL_MAX) {
      const end = at + control + 1;
      if (end > to || out + control + 1 > limit) return false;
      while (at < end) target[out++] = source[at++]!;
      continue;
    }
    let length = control >>> 5;
    if (length === LONG_MATCH) {
      if (at === to) return false;
      length += source[at++]!;
    }
    length += 2;
    if (at === to) return false;
    let match = out - (((control & 0x1f) << 8) | source[at++]!) - 1;
    if (match < offset || out + length > limit) return false;
    // Byte by byte: a match may reach into what it writes, and so repeat it.
    for (const end = out + length; out < end; ) target[out++] = target[match++]!;
  }
  return out === limit;
}
