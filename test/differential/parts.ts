/**
 * What random requests are made of: keys, values, numbers, lifetimes, and words in any case.
 *
 * Everything that would make a reply depend on the moment is left out: relative lifetimes are long and never equal, deadlines lie
 * far ahead or in the past. Words are latin1 text, one character a byte.
 */

import fc from 'fast-check';
import type { Words } from './compare.js';

export const KEYS = [
  'a',
  'b',
  'c',
  'key:1',
  'key:2',
  'user:1',
  '',
  '\0\xff\r\n',
  'caf\xc3\xa9',
  'K'.repeat(255),
  'L'.repeat(300),
];

/** Values that look like numbers and are not, or are and barely so. */
export const NUMBERS = [
  '0',
  '1',
  '-1',
  '10',
  '42',
  '-0',
  '+1',
  '01',
  ' 1',
  '1 ',
  '1.0',
  '1e3',
  '0x10',
  '',
  'abc',
  '12a',
  '-',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '4611686018427387904',
  '9223372036854775806',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775807',
  '-9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999999999',
];

/** What stands where it should not. No small positive number: as a lifetime it would make replies depend on the moment. */
export const JUNK = [
  'junk',
  '',
  '0',
  '-1',
  '-9223372036854775808',
  '9223372036854775807',
  '1.5',
  'NX',
  'EX',
  'a b',
  '\0',
  'x'.repeat(200),
];

/** Long enough not to end during a run, and so many that no two are alike (GT and LT would depend on the moment). */
export const lifetime = (from: number, to: number) =>
  fc.noShrink(fc.noBias(fc.integer({ min: from, max: to }))).map(String);

export const key = fc.constantFrom(...KEYS);
export const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.integer().map(String));
export const value = fc.oneof(
  { weight: 3, arbitrary: number },
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }).map((text) => Buffer.from(text).toString('latin1')) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 20_000 }).map((size) => 'v'.repeat(size)) },
);
export const badNumber = fc.constantFrom(
  '0',
  '-1',
  'abc',
  '',
  '1.5',
  '9223372036854775807',
  '-9223372036854775808',
  '99999999999999999999',
);
export const seconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(10_000, 9_999_999) },
  { weight: 1, arbitrary: badNumber },
);
export const milliseconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(10_000_000, 9_999_999_999) },
  { weight: 1, arbitrary: badNumber },
);
export const unixSeconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(4_000_000_000, 9_000_000_000) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('1', '1000000000', '0', '-5', 'abc', '9223372036854775807', '9007199254740'),
  },
);
export const unixMilliseconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(4_000_000_000_000, 9_000_000_000_000) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '1',
      '1000000000000',
      '0',
      '-5',
      'abc',
      '9007199254740991',
      '99999999999999999999',
    ),
  },
);

/** A command word in upper, lower or mixed case. */
export const word = (text: string) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(text) },
    { weight: 1, arbitrary: fc.constant(text.toLowerCase()) },
    { weight: 1, arbitrary: fc.constant(text.charAt(0) + text.slice(1).toLowerCase()) },
  );

/** A kind of request, and how often it comes beside the others. */
export interface Weighted {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Words>;
}

/** Requests that only make sense together, and how often they come. */
export interface WeightedGroup {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Words[]>;
}

/** The random requests about one kind of thing. */
export interface Family {
  readonly requests: readonly Weighted[];
  readonly groups?: readonly WeightedGroup[];
}

type Part = fc.Arbitrary<string> | string;

/** A request of fixed parts. */
export const request = (name: string, ...parts: Part[]): fc.Arbitrary<Words> =>
  fc.tuple(word(name), ...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)));

/** A request whose last part repeats. */
export const listRequest = (name: string, part: fc.Arbitrary<string>, minLength: number, maxLength: number) =>
  fc
    .tuple(word(name), fc.array(part, { minLength, maxLength }))
    .map(([first, rest]): Words => [first, ...rest]);
