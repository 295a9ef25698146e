/**
 * Random programs: requests over a few keys, most of them right, some of them wrong in every way a client can be wrong.
 * Each family of commands has its requests in a file of its own.
 */

import fc from 'fast-check';
import type { Words } from './compare.js';
import { BITMAP_REQUESTS } from './families/bitmaps.js';
import { CONTROL_REQUESTS } from './families/control.js';
import { DUMP_REQUESTS } from './families/dump.js';
import { HYPERLOGLOG_REQUESTS } from './families/hyperloglog.js';
import { KEY_REQUESTS } from './families/keys.js';
import { STRING_REQUESTS } from './families/strings.js';
import { JUNK } from './parts.js';

const wellFormed: fc.Arbitrary<Words> = fc.oneof(
  ...STRING_REQUESTS,
  ...BITMAP_REQUESTS,
  ...HYPERLOGLOG_REQUESTS,
  ...KEY_REQUESTS,
  ...CONTROL_REQUESTS,
  ...DUMP_REQUESTS,
);

/** A request with one part dropped, added or replaced: wrong arity, wrong types, options in the wrong place. */
const malformed: fc.Arbitrary<Words> = fc
  .tuple(
    wellFormed.filter(
      (words) => !['HELLO', 'CLIENT', 'CONFIG', 'COMMAND', 'WAIT'].includes((words[0] ?? '').toUpperCase()),
    ),
    fc.constantFrom('drop', 'add', 'replace'),
    fc.nat(),
    fc.constantFrom(...JUNK),
  )
  .map(([words, change, random, junk]): Words => {
    const at = 1 + (random % Math.max(words.length - 1, 1));
    if (change === 'drop') return words.length > 1 ? words.filter((_, i) => i !== at) : words;
    if (change === 'add') return [...words, junk];
    return words.length > 1 ? words.map((old, i) => (i === at ? junk : old)) : words;
  });

/** Programs of up to `length` requests. */
export function programs(length: number): fc.Arbitrary<Words[]> {
  return fc.array(
    fc.oneof({ weight: 9, arbitrary: wellFormed }, { weight: 1, arbitrary: malformed }),
    // Long programs find what short ones don't: state that only builds up over many requests.
    { minLength: 1, maxLength: length, size: 'max' },
  );
}
