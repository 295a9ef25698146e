/** Random users, and requests for them to be allowed or not: those of all other families, some of whose keys they may use. */

import fc from 'fast-check';
import { selector, selectorRule } from '../../../src/engine/acl/rules.case.js';
import type { Words } from '../compare.js';
import { BITMAP_REQUESTS } from './bitmaps.js';
import { COLLECTION_FAMILIES } from './collections.js';
import { CONTROL_REQUESTS } from './control.js';
import { DUMP_REQUESTS } from './dump.js';
import { HYPERLOGLOG_REQUESTS } from './hyperloglog.js';
import { KEY_REQUESTS } from './keys.js';
import { STRING_REQUESTS } from './strings.js';

/** As the keys of the families begin. */
const PATTERNS = [
  'a',
  'b*',
  '[abc]',
  'key:*',
  'user:?',
  '',
  'caf*',
  '[KL]*',
  'sort:*',
  'l:*',
  's:*',
  'z:*',
  'h:*',
  'g*',
  'w:*',
  '?',
  '*:*',
  '\\*',
];
const pattern = fc
  .tuple(fc.constantFrom('~', '~', '%R~', '%W~', '%rW~'), fc.constantFrom(...PATTERNS))
  .map(([kind, text]) => kind + text);
const broad = fc.constantFrom(
  '+@all',
  '+@all',
  'allcommands',
  '+@read',
  '+@write',
  '-@dangerous',
  '+@slow',
  '+@fast',
  'allkeys',
  'resetkeys',
  '%R~*',
);
const state = fc.constantFrom(
  'on',
  'off',
  'nopass',
  'resetpass',
  '>secret',
  '<secret',
  '!x',
  '#x',
  'sanitize-payload',
  'reset',
  'clearselectors',
  'junk',
  '+nosuch',
  '(~a',
  '&a b',
  '',
);
const broadSelector = fc
  .array(fc.oneof(pattern, broad), { maxLength: 4 })
  .map((rules) => `(${rules.join(' ')})`);

/** The rules of one ACL SETUSER. */
export const someRules: fc.Arbitrary<string[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: pattern },
    { weight: 3, arbitrary: selectorRule },
    { weight: 3, arbitrary: broad },
    { weight: 1, arbitrary: fc.oneof(selector, broadSelector) },
    { weight: 1, arbitrary: state },
  ),
  { maxLength: 9 },
);

/** A request of any family. */
export const anyRequest: fc.Arbitrary<Words> = fc.oneof(
  ...[
    STRING_REQUESTS,
    BITMAP_REQUESTS,
    KEY_REQUESTS,
    DUMP_REQUESTS,
    HYPERLOGLOG_REQUESTS,
    CONTROL_REQUESTS,
  ].flat(),
  ...Object.values(COLLECTION_FAMILIES).flatMap(({ requests }) => requests),
);
