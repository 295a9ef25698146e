/**
 * Values that were made in a redis-server 7.0.15, with what its DUMP said: recorded-payloads.case.ts has the payloads, by name.
 */

import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';

export interface RecordedValue {
  readonly name: string;
  readonly type: number;
  /** What OBJECT ENCODING said. */
  readonly encoding: string;
  /** Elements, members, members and scores, or fields and values; one character a byte. */
  readonly words: readonly string[];
}

/** Around every limit of the packed forms, and what only looks like an integer. */
const INTEGERS = [0, 1, 127, 128, -1, 4095, 4096, -4096, -4097, 32767, 32768, -32768, -32769]
  .concat([8388607, 8388608, -8388608, -8388609, 2147483647, 2147483648, -2147483648, -2147483649])
  .map(String)
  .concat('9007199254740991', '-9007199254740991', '9007199254740992', '-9007199254740993')
  .concat('9223372036854775807', '-9223372036854775808');
const NEARLY_INTEGERS = ['', '-', '-0', '007', '+1', ' 1', '9223372036854775808', '1e3', '1.0'];
const BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));

function fields(count: number, value: string): string[] {
  return Array.from({ length: count }, (_, index) => [`field:${index}`, `${value}${index}`]).flat();
}

export const VALUES: readonly RecordedValue[] = [
  { name: 'list of texts', type: TYPE_LIST, encoding: 'quicklist', words: ['a', '', 'bc', 'a', BYTES] },
  {
    name: 'list of integers',
    type: TYPE_LIST,
    encoding: 'quicklist',
    words: [...INTEGERS, ...NEARLY_INTEGERS],
  },
  {
    name: 'list of texts of each form',
    type: TYPE_LIST,
    encoding: 'quicklist',
    words: [63, 64, 125, 126, 4095, 4096, 5000].map((size) => 'xy'.repeat(size).slice(0, size)),
  },
  {
    name: 'list of many integers',
    type: TYPE_LIST,
    encoding: 'quicklist',
    words: Array.from({ length: 9000 }, (_, index) => String((index - 4500) * index)),
  },
  {
    name: 'list with elements larger than a node',
    type: TYPE_LIST,
    encoding: 'quicklist',
    words: ['a', 'b'.repeat(8183), 'c', 'd'.repeat(8200), 'e'.repeat(20_000), 'f', 'g'.repeat(8177), 'h'],
  },
  {
    name: 'list of more than fits two bytes in one node',
    type: TYPE_LIST,
    encoding: 'quicklist',
    words: Array.from({ length: 5000 }, (_, index) => String(index % 10)),
  },
  { name: 'set of small integers', type: TYPE_SET, encoding: 'intset', words: ['5', '-3', '32767', '0'] },
  { name: 'set of 32 bits', type: TYPE_SET, encoding: 'intset', words: ['32768', '-1', '2147483647', '9'] },
  {
    name: 'set of 64 bits',
    type: TYPE_SET,
    encoding: 'intset',
    words: [
      '-9223372036854775808',
      '9223372036854775807',
      '0',
      '-1',
      '4294967296',
      '4294967295',
      '-4294967297',
    ],
  },
  {
    name: 'set of texts',
    type: TYPE_SET,
    encoding: 'hashtable',
    words: ['a', ...INTEGERS, ...NEARLY_INTEGERS],
  },
  {
    name: 'set of long texts',
    type: TYPE_SET,
    encoding: 'hashtable',
    words: ['ab'.repeat(40), 'ba'.repeat(30), 'abc'.repeat(50)],
  },
  {
    name: 'sorted set',
    type: TYPE_ZSET,
    encoding: 'listpack',
    words: [
      'm',
      '-inf',
      'l',
      '-3.5',
      'k',
      '0.1',
      '7',
      '1',
      'a',
      '2',
      'b',
      '2',
      'i',
      '1e+17',
      'j',
      '1e+22',
      'h',
      'inf',
    ],
  },
  {
    name: 'sorted set at the limit of integer scores',
    type: TYPE_ZSET,
    encoding: 'listpack',
    words: [
      'a',
      '-4611686018427388928',
      'b',
      '-4611686018427387904',
      'c',
      '-0.5',
      'd',
      '0',
      'e',
      '9007199254740992',
    ].concat('f', '4611686018427387904', 'g', '4611686018427388928', 'h', '1.7976931348623157e+308'),
  },
  {
    name: 'sorted set with a long member',
    type: TYPE_ZSET,
    encoding: 'skiplist',
    words: ['z'.repeat(70), 'inf', '12', '3', 'b', '1.5', 'a', '1.5', 'c', '-inf'],
  },
  {
    name: 'hash',
    type: TYPE_HASH,
    encoding: 'listpack',
    words: ['f', 'v', '1', '', '', '-70000', 'g', BYTES.slice(192)],
  },
  { name: 'hash of many fields', type: TYPE_HASH, encoding: 'listpack', words: fields(128, 'value:') },
  {
    name: 'hash with a long value',
    type: TYPE_HASH,
    encoding: 'hashtable',
    words: ['f', 'lorem'.repeat(20), '1', '2', '300', '70000', 'n', '2147483648', '', ''],
  },
];
