/**
 * Glob patterns, against a matcher that follows Redis's `stringmatchlen` word by word; and their work, which patterns like
 * `*a*a*a*b` drive up: never more than pattern times subject.
 *
 *     input: u8 bytes of the pattern, u8 whether case is ignored, the pattern, the subject
 */

import assert from 'node:assert/strict';
import { globMatches } from '../../../src/base/glob.js';
import { type Target, texts } from '../target.js';

const HEADER_BYTES = 2;

export function makeGlobTarget(): Target {
  return {
    modules: ['src/base/glob.js'],
    seeds: [
      sample('h?llo*', 'hello world'),
      sample('[a-c]x[^d]\\*', 'bxe*'),
      sample('*a*a*a*a*a*a*b', 'a'.repeat(60)),
      sample(`*${'[^b]'.repeat(40)}c`, 'a'.repeat(90)),
      sample('*[abc', 'xxc'),
      sample('[z-a]\\', 'b\\'),
      sample('', ''),
    ],
    words: texts('*', '?', '[', ']', '^', '-', '\\', '[a-z]', '[^', '**'),
    bytesMax: 512,
    stepsMax: (input) => {
      const { pattern, subject } = split(input);
      return 64 + 2 * (pattern.length + 1) * (subject.length + 1);
    },
    run(input) {
      const { pattern, subject, ignoresCase } = split(input);
      const matches = globMatches(pattern, 0, pattern.length, subject, 0, subject.length, ignoresCase);
      assert.equal(
        matches,
        subject.length === 0 ? pattern.length === 0 : matchesSlowly(pattern, subject, ignoresCase),
      );
    },
  };
}

function sample(pattern: string, subject: string): Uint8Array {
  return Buffer.from(`${String.fromCharCode(pattern.length)}\0${pattern}${subject}`, 'latin1');
}

function split(input: Uint8Array): { pattern: Uint8Array; subject: Uint8Array; ignoresCase: boolean } {
  const end = Math.min(input.length, HEADER_BYTES + (input[0] ?? 0));
  return {
    pattern: input.subarray(HEADER_BYTES, end),
    subject: input.subarray(end),
    ignoresCase: ((input[1] ?? 0) & 1) === 1,
  };
}

/** All ways at once: the places in the pattern where one may be after each byte of the subject. */
function matchesSlowly(pattern: Uint8Array, subject: Uint8Array, ignoresCase: boolean): boolean {
  let places = afterStars(pattern, new Set([0]));
  for (const byte of subject) {
    const next = new Set<number>();
    for (const at of places) {
      if (at === pattern.length) continue;
      if (pattern[at] === 0x2a) next.add(at);
      else {
        const after = afterItem(pattern, at, byte, ignoresCase);
        if (after !== undefined) next.add(after);
      }
    }
    places = afterStars(pattern, next);
  }
  return places.has(pattern.length);
}

function afterStars(pattern: Uint8Array, places: ReadonlySet<number>): Set<number> {
  const all = new Set(places);
  for (const at of all) if (pattern[at] === 0x2a) all.add(at + 1);
  return all;
}

/** Where the pattern goes on behind the item at `at`, if that matches the byte. */
function afterItem(pattern: Uint8Array, at: number, byte: number, ignoresCase: boolean): number | undefined {
  const isSame = (other: number) => other === byte || (ignoresCase && fold(other) === fold(byte));
  const letter = pattern[at]!;
  if (letter === 0x3f) return at + 1;
  if (letter === 0x5c && at + 1 < pattern.length) return isSame(pattern[at + 1]!) ? at + 2 : undefined;
  if (letter !== 0x5b) return isSame(letter) ? at + 1 : undefined;
  let from = at + 1;
  const isNegated = pattern[from] === 0x5e;
  if (isNegated) from += 1;
  let isIn = false;
  for (; from < pattern.length && pattern[from] !== 0x5d; from++) {
    if (pattern[from] === 0x5c && from + 1 < pattern.length) {
      from += 1;
      if (pattern[from] === byte) isIn = true;
    } else if (from + 2 < pattern.length && pattern[from + 1] === 0x2d) {
      let [low, high] = [pattern[from]!, pattern[from + 2]!].toSorted((left, right) => left - right) as [
        number,
        number,
      ];
      let subject = byte;
      if (ignoresCase) [low, high, subject] = [fold(low), fold(high), fold(byte)];
      if (subject >= low && subject <= high) isIn = true;
      from += 2;
    } else if (isSame(pattern[from]!)) {
      isIn = true;
    }
  }
  if (isIn === isNegated) return undefined;
  return Math.min(from + 1, pattern.length);
}

function fold(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
