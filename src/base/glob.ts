/**
 * Glob patterns with the semantics of Redis's `stringmatchlen`: `*`, `?`, `[abc]`, `[a-z]`, `[^a]`, `\x`; binary-safe.
 *
 * Why not recursion: only the last `*` ever needs another try (whatever an earlier `*` could swallow, the last one can),
 * so one remembered position is enough. The worst case is pattern size times subject size, whatever the pattern.
 *
 * Kept from Redis on purpose: an empty subject matches only the empty pattern (not `*`); a `[` that is never closed
 * reads to the end of the pattern; an escaped byte inside a class is compared with its case.
 * One difference: ranges compare bytes as 0..255 on every machine, where Redis compares C's `char`, signed on x86.
 */

const STAR = 0x2a;
const QUESTION = 0x3f;
const CLASS_OPEN = 0x5b;
const CLASS_CLOSE = 0x5d;
const CARET = 0x5e;
const DASH = 0x2d;
const BACKSLASH = 0x5c;

const NO_MATCH = -1;
const NO_STAR = -1;

/**
 * True when the whole subject (`size` bytes from `offset`) matches the pattern (`patternSize` bytes from `patternOffset`).
 * `ignoreCase` folds ASCII letters. Allocates nothing.
 */
export function globMatches(
  pattern: Uint8Array,
  patternOffset: number,
  patternSize: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
  ignoreCase: boolean,
): boolean {
  const patternEnd = patternOffset + patternSize;
  const end = offset + size;
  if (offset === end) return patternSize === 0;
  let patternAt = patternOffset;
  let at = offset;
  let starPattern = NO_STAR; // where the pattern goes on after the last star
  let starSubject = 0; // where the subject goes on if that star swallows one byte more

  while (at < end) {
    let next = NO_MATCH;
    if (patternAt < patternEnd) {
      if (pattern[patternAt] === STAR) {
        starPattern = ++patternAt;
        starSubject = at;
        if (starPattern === patternEnd) return true;
        continue;
      }
      next = matchOne(pattern, patternAt, patternEnd, bytes[at]!, ignoreCase);
    }
    if (next !== NO_MATCH) {
      patternAt = next;
      at++;
    } else if (starPattern !== NO_STAR) {
      patternAt = starPattern;
      at = ++starSubject;
    } else {
      return false;
    }
  }
  while (patternAt < patternEnd && pattern[patternAt] === STAR) patternAt++;
  return patternAt === patternEnd;
}

/** Matches one byte against the pattern item at `at` (no star); the offset of the next item, or `NO_MATCH`. */
function matchOne(pattern: Uint8Array, at: number, end: number, byte: number, ignoreCase: boolean): number {
  const item = pattern[at]!;
  if (item === QUESTION) return at + 1;
  if (item === CLASS_OPEN) return matchClass(pattern, at + 1, end, byte, ignoreCase);
  const literalAt = item === BACKSLASH && at + 1 < end ? at + 1 : at;
  return sameByte(pattern[literalAt]!, byte, ignoreCase) ? literalAt + 1 : NO_MATCH;
}

/** As `matchOne`, for a class; `from` is the offset just after its `[`. */
function matchClass(
  pattern: Uint8Array,
  from: number,
  end: number,
  byte: number,
  ignoreCase: boolean,
): number {
  const negated = from < end && pattern[from] === CARET;
  let at = negated ? from + 1 : from;
  let matched = false;
  for (; at < end && pattern[at] !== CLASS_CLOSE; at++) {
    if (pattern[at] === BACKSLASH && at + 1 < end) {
      at++;
      if (pattern[at] === byte) matched = true;
    } else if (at + 2 < end && pattern[at + 1] === DASH) {
      if (inRange(pattern[at]!, pattern[at + 2]!, byte, ignoreCase)) matched = true;
      at += 2;
    } else if (sameByte(pattern[at]!, byte, ignoreCase)) {
      matched = true;
    }
  }
  if (matched === negated) return NO_MATCH;
  return at < end ? at + 1 : end;
}

function inRange(from: number, to: number, byte: number, ignoreCase: boolean): boolean {
  let low = Math.min(from, to);
  let high = Math.max(from, to);
  let subject = byte;
  if (ignoreCase) {
    low = lower(low);
    high = lower(high);
    subject = lower(byte);
  }
  return subject >= low && subject <= high;
}

function sameByte(left: number, right: number, ignoreCase: boolean): boolean {
  return left === right || (ignoreCase && lower(left) === lower(right));
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
