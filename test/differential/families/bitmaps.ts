/** Random requests on bitmaps and bit fields. */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { key, NUMBERS, number, request, type Weighted, word } from '../parts.js';

/** Bits of short values, of the ends of bytes and words, and of values that are longer than most. */
const bit = fc.oneof(
  { weight: 6, arbitrary: fc.nat(80).map(String) },
  { weight: 2, arbitrary: fc.nat(20_000).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('4294967296', '-1', '', 'x', '1.5', '007', ...NUMBERS.slice(-9)) },
);
const onOrOff = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '1') },
  { weight: 1, arbitrary: fc.constantFrom('2', '-1', 'x', '9223372036854775807') },
);
/** Where ranges begin and end: near both ends of what values have, in bytes and in bits. */
const edge = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -12, max: 12 }).map(String) },
  { weight: 3, arbitrary: fc.integer({ min: -100, max: 100 }).map(String) },
  { weight: 2, arbitrary: fc.integer({ min: -20_000, max: 20_000 }).map(String) },
  { weight: 1, arbitrary: number },
);
const unit = fc.constantFrom('BYTE', 'BIT', 'bit', 'Byte', 'BITS');
/** A range as it may follow, from nothing at all to too much. */
const range = fc
  .tuple(edge, edge, unit, fc.constantFrom(0, 1, 2, 2, 2, 3, 3, 3, 3, 4))
  .map(([start, end, name, count]) => [start, end, name, 'junk'].slice(0, count));
const ranged = (name: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<Words> =>
  fc.tuple(request(name, ...parts), range).map(([words, rest]) => [...words, ...rest]);

const combined = fc
  .tuple(
    word('BITOP'),
    fc.constantFrom('AND', 'OR', 'XOR', 'NOT', 'and', 'Or', 'NAND'),
    key,
    fc.array(key, { minLength: 1, maxLength: 5 }),
  )
  .map(([name, operation, target, sources]): Words => {
    const isNot = operation === 'NOT' && target !== '';
    return [name, operation, target, ...(isNot ? sources.slice(0, 1) : sources)];
  });

const type = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom('i', 'u'), fc.integer({ min: 1, max: 63 }))
      .map((parts) => parts.join('')),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('u1', 'u8', 'i8', 'i16', 'u32', 'i32', 'i53', 'u53', 'i54', 'i64'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('u64', 'i65', 'i0', 'u', 'I8', 'x8', '', 'i-1', 'u08', 'i9999999999999'),
  },
);
/** No number whose product with a width overflows 64 bits: Redis counts on with what is left of it. */
const fieldOffset = fc.oneof(
  { weight: 5, arbitrary: fc.nat(80).map(String) },
  { weight: 4, arbitrary: fc.nat(40).map((index) => `#${index}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('#', '#-1', '#x', '##1', '#01', '#99999999999', '-1', '4294967296', 'x'),
  },
);
/** Around the limits of all widths, and anywhere. */
const operand = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -300, max: 300 }).map(String) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(62), fc.integer({ min: -2, max: 2 }), fc.constantFrom(1n, -1n))
      .map(([power, near, sign]) => String(sign * (2n ** BigInt(power) + BigInt(near)))),
  },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) },
  { weight: 1, arbitrary: number },
);
const overflow = fc
  .tuple(word('OVERFLOW'), fc.constantFrom('WRAP', 'SAT', 'FAIL', 'sat', 'fail', 'wrong'))
  .map((words): Words => words);
const read = request('GET', type, fieldOffset);
const operation: fc.Arbitrary<Words> = fc.oneof(
  { weight: 3, arbitrary: read },
  { weight: 4, arbitrary: request('SET', type, fieldOffset, operand) },
  { weight: 5, arbitrary: request('INCRBY', type, fieldOffset, operand) },
  { weight: 3, arbitrary: overflow },
);
const fields = (name: string, part: fc.Arbitrary<Words>): fc.Arbitrary<Words> =>
  fc
    .tuple(word(name), key, fc.array(part, { maxLength: 5 }))
    .map(([first, k, parts]): Words => [first, k, ...parts.flat()]);

export const BITMAP_REQUESTS: readonly Weighted[] = [
  { weight: 10, arbitrary: request('SETBIT', key, bit, onOrOff) },
  { weight: 5, arbitrary: request('GETBIT', key, bit) },
  { weight: 6, arbitrary: ranged('BITCOUNT', key) },
  { weight: 8, arbitrary: ranged('BITPOS', key, onOrOff) },
  { weight: 6, arbitrary: combined },
  { weight: 10, arbitrary: fields('BITFIELD', operation) },
  { weight: 3, arbitrary: fields('BITFIELD_RO', fc.oneof({ weight: 9, arbitrary: read }, operation)) },
];
