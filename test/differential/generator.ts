/**
 * Random programs: requests over a few keys, most of them right, some of them wrong in every way a client can be wrong.
 * Each family of commands has its requests in a file of its own.
 */

import fc from 'fast-check';
import type { Words } from './compare.js';
import { BITMAP_REQUESTS } from './families/bitmaps.js';
import { COLLECTION_FAMILIES } from './families/collections.js';
import { CONTROL_REQUESTS } from './families/control.js';
import { DUMP_REQUESTS } from './families/dump.js';
import { HYPERLOGLOG_REQUESTS } from './families/hyperloglog.js';
import { KEY_REQUESTS } from './families/keys.js';
import { EQUAL_SCORES_PREFIX } from './families/sorted-sets.js';
import { STRING_REQUESTS } from './families/strings.js';
import { type Family, JUNK } from './parts.js';

/** What every run compares. */
const USUAL_FAMILIES: Readonly<Record<string, Family>> = {
  strings: { requests: STRING_REQUESTS },
  bitmaps: { requests: BITMAP_REQUESTS },
  hyperloglog: { requests: HYPERLOGLOG_REQUESTS },
  keys: { requests: KEY_REQUESTS },
  control: { requests: CONTROL_REQUESTS },
  dump: { requests: DUMP_REQUESTS },
};
const FAMILIES: Readonly<Record<string, Family>> = { ...USUAL_FAMILIES, ...COLLECTION_FAMILIES };

/** Commands whose arguments can't be anything: they would change the rules, or wait. */
const NEVER_MALFORMED = new Set([
  'HELLO',
  'CLIENT',
  'CONFIG',
  'COMMAND',
  'WAIT',
  'BLPOP',
  'BRPOP',
  'BLMOVE',
  'BRPOPLPUSH',
  'BLMPOP',
  'BZPOPMIN',
  'BZPOPMAX',
  'BZMPOP',
]);

/** A request with one part dropped, added or replaced: wrong arity, wrong types, options in the wrong place. */
const malformed = (wellFormed: fc.Arbitrary<Words>): fc.Arbitrary<Words> =>
  fc
    .tuple(
      wellFormed.filter(
        (words) =>
          !NEVER_MALFORMED.has((words[0] ?? '').toUpperCase()) &&
          !words.some((each) => each.startsWith(EQUAL_SCORES_PREFIX)),
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

/** The families of these names, all of those that every run compares when there are none. Throws on a name that is none. */
function chosenFamilies(names: readonly string[]): Family[] {
  if (names.length === 0) return Object.values(USUAL_FAMILIES);
  return names.map((name) => {
    const family = FAMILIES[name];
    if (family === undefined)
      throw new Error(`no family '${name}': there are ${Object.keys(FAMILIES).join(', ')}`);
    return family;
  });
}

/** Programs of up to `length` requests, or some more where requests come in groups, of the families of these names. */
export function programs(length: number, names: readonly string[] = []): fc.Arbitrary<Words[]> {
  const families = chosenFamilies(names);
  const wellFormed = fc.oneof(...families.flatMap(({ requests }) => requests));
  const single = (arbitrary: fc.Arbitrary<Words>) => arbitrary.map((words): Words[] => [words]);
  const requestWeight = families
    .flatMap(({ requests }) => requests)
    .reduce((sum, { weight }) => sum + weight, 0);
  const step = fc.oneof(
    { weight: requestWeight, arbitrary: single(wellFormed) },
    ...families.flatMap(({ groups }) => groups ?? []),
  );
  return fc
    .array(
      fc.oneof({ weight: 9, arbitrary: step }, { weight: 1, arbitrary: single(malformed(wellFormed)) }),
      // Long programs find what short ones don't: state that only builds up over many requests.
      { minLength: 1, maxLength: length, size: 'max' },
    )
    .map((steps) => steps.flat());
}
