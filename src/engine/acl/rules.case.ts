/** Random rules for the tests of users: most of them right, over few enough names that they meet each other. */

import fc from 'fast-check';

const NAMES = [
  'get',
  'set',
  'del',
  'mget',
  'select',
  'client',
  'client|id',
  'client|list',
  'config',
  'config|get',
  'sort',
  'ping',
  'zunionstore',
];
const CATEGORIES = [
  'read',
  'write',
  'string',
  'keyspace',
  'dangerous',
  'admin',
  'fast',
  'slow',
  'connection',
  'stream',
  'all',
  'hash',
  'set',
];
const PATTERNS = ['a*', 'b', 'key:?', '', '*', 'x)', '(y', "it's", '"q"', '[ab]*', '\\*', '\xff'];
const WORDS = ['0', '1', 'get', 'GET', 'x)', '"', '\xe4'];

const sign = fc.constantFrom('+', '-');
const pattern = fc.constantFrom(...PATTERNS);
const mixedCase = (word: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(word, fc.boolean()).map(([text, isUpper]) => (isUpper ? text.toUpperCase() : text));

/** A rule of a selector. */
export const selectorRule: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(sign, mixedCase(fc.constantFrom(...NAMES))).map(([first, name]) => first + name),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(sign, mixedCase(fc.constantFrom(...CATEGORIES)))
      .map(([first, name]) => `${first}@${name}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('select', 'get', 'config', 'set'), fc.constantFrom(...WORDS))
      .map(([name, word]) => `+${name}|${word}`),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('~', '~', '%R~', '%W~', '%rw~', '%R', '&'), pattern)
      .map(([kind, text]) => kind + text),
  },
  {
    weight: 2,
    arbitrary: mixedCase(
      fc.constantFrom('allkeys', 'resetkeys', 'allchannels', 'resetchannels', 'allcommands', 'nocommands'),
    ),
  },
);

/** As a word of a selector, in quotes where it has to be. */
const quoted = (rule: string): string =>
  /["'\s]/.test(rule) ? `"${rule.replace(/["\\]/g, (character) => `\\${character}`)}"` : rule;

/** A selector in parentheses. */
export const selector: fc.Arbitrary<string> = fc
  .array(selectorRule, { maxLength: 5 })
  .map((rules) => `(${rules.map(quoted).join(' ')})`);

/** Any rule at all. */
export const anyRule: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: selectorRule },
  { weight: 3, arbitrary: selector },
  {
    weight: 2,
    arbitrary: mixedCase(
      fc.constantFrom('on', 'off', 'nopass', 'resetpass', 'sanitize-payload', 'skip-sanitize-payload'),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('>', '<'), fc.constantFrom('', 'secret', 'other'))
      .map(([kind, text]) => kind + text),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('reset', 'clearselectors', '', '#zz', '+', '%', '+nosuch', 'junk', '(~a', ')'),
  },
);
