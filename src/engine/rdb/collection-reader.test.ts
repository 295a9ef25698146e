import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../../base/bytes.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';
import type { CollectionItems } from './collection-items.js';
import { CollectionReader } from './collection-reader.js';
import * as old from './old-payloads.case.js';
import { FOOTER_BYTES } from './payload.js';
import { PAYLOADS } from './recorded-payloads.case.js';
import { VALUES } from './recorded-values.case.js';
import * as types from './types.js';

const EXPANDED_BYTES_MAX = 2 ** 20;

const reader = new CollectionReader();

/** Reads a type and a value that is followed by nothing. */
function read(payload: Uint8Array): CollectionItems | undefined {
  const isRead = reader.read(
    payload[0] ?? 0,
    payload,
    viewOf(payload),
    1,
    payload.length,
    EXPANDED_BYTES_MAX,
  );
  return isRead ? reader.items : undefined;
}

function value(rdbType: number, ...parts: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([rdbType]), ...parts]);
}

/** The items, one character a byte; behind members their scores. */
function words(items: CollectionItems | undefined): string[] {
  assert.ok(items, 'refused');
  const all: string[] = [];
  for (let index = 0; index < items.count; index++) {
    items.select(index);
    const { bytes, offset, size } = items;
    const text = Buffer.from(bytes.subarray(offset, offset + size)).toString('latin1');
    all.push(items.isInteger ? String(items.integer) : text);
    if (items.type === TYPE_ZSET) all.push(String(items.score(index)));
  }
  return all;
}

function deadlines(items: CollectionItems | undefined): number[] {
  assert.ok(items, 'refused');
  return Array.from({ length: items.elementCount }, (_, index) => items.deadline(index));
}

/** What is compared of a value: its pairs or elements, sorted unless they have an order. Scores as numbers. */
function comparable(type: number, all: readonly string[]): string[] {
  if (type === TYPE_LIST || type === TYPE_SET) return type === TYPE_SET ? [...all].sort() : [...all];
  const pairs: string[] = [];
  for (let index = 0; index < all.length; index += 2) {
    const second = all[index + 1] as string;
    const score = Number(second.replace(/inf$/, 'Infinity'));
    pairs.push(`${all[index]}\n${type === TYPE_ZSET ? score : second}`);
  }
  return pairs.sort();
}

function recorded(): [name: string, payload: Buffer][] {
  return Object.entries(PAYLOADS).flatMap(([name, { plain, compressed }]) =>
    [plain, compressed].flatMap((hex): [string, Buffer][] =>
      hex === undefined ? [] : [[name, Buffer.from(hex, 'hex').subarray(0, -FOOTER_BYTES)]],
    ),
  );
}

const PAIRS = ['name', 'Ada', 'n', 7, 'big', 2n ** 60n, 'empty', '', 'long', 'xyz'.repeat(100)] as const;
const PAIR_WORDS = PAIRS.map(String);

describe('what redis-server 7.0.15 has dumped', () => {
  for (const [name, payload] of recorded()) {
    it(`is read: ${name}${payload.includes(0xc3) ? ', perhaps compressed' : ''}`, () => {
      const expected = VALUES.find((one) => one.name === name);
      assert.ok(expected);
      assert.equal(types.collectionType(payload[0] as number), expected.type);
      const items = read(payload);
      assert.equal(items?.type, expected.type);
      assert.deepEqual(comparable(expected.type, words(items)), comparable(expected.type, expected.words));
    });
  }

  it('is refused wherever it is cut', () => {
    for (const [name, payload] of recorded()) {
      for (let size = 0; size < payload.length; size++) {
        assert.equal(read(payload.subarray(0, size)), undefined, `${name}, ${size} bytes`);
      }
    }
  });
});

describe('older forms', () => {
  it('are read as strings', () => {
    const three = [old.string('a'), Buffer.from([0xc1, 0x2c, 0x01]), old.string('')];
    assert.deepEqual(words(read(value(types.RDB_TYPE_LIST, old.length(3), ...three))), ['a', '300', '']);
    assert.deepEqual(words(read(value(types.RDB_TYPE_SET, old.length(3), ...three))), ['a', '300', '']);
    const pairs = ['f', 'v', 'g', '9'].map(old.string);
    assert.deepEqual(words(read(value(types.RDB_TYPE_HASH, old.length(2), ...pairs))), ['f', 'v', 'g', '9']);
  });

  it('are read as scores of text', () => {
    const scores = ['1.5', 'inf', '-inf', '-3e10', '0'];
    const body = scores.flatMap((score, index) => [old.string(`m${index}`), old.textScore(score)]);
    const items = read(value(types.RDB_TYPE_ZSET, old.length(scores.length), ...body));
    assert.deepEqual(words(items), [
      'm0',
      '1.5',
      'm1',
      'Infinity',
      'm2',
      '-Infinity',
      'm3',
      '-30000000000',
      'm4',
      '0',
    ]);
  });

  it('are read as ziplists', () => {
    const hash = old.string(old.ziplist(...PAIRS));
    assert.deepEqual(words(read(value(types.RDB_TYPE_HASH_ZIPLIST, hash))), PAIR_WORDS);
    assert.deepEqual(words(read(value(types.RDB_TYPE_LIST_ZIPLIST, hash))), PAIR_WORDS);
    const scores = old.string(old.ziplist('a', 1, 'b', '2.5', 'c', 'inf', 'd', 2n ** 60n));
    assert.deepEqual(words(read(value(types.RDB_TYPE_ZSET_ZIPLIST, scores))), [
      'a',
      '1',
      'b',
      '2.5',
      'c',
      'Infinity',
      'd',
      String(2 ** 60),
    ]);
  });

  it('are read as ziplists with integers of each form and texts of each size', () => {
    const integers = [0, 12, 13, -1, 127, -128, 128, 32767, -32768, 32768, 8388607, -8388608, 8388608];
    const all = [...integers, 2147483647, -2147483648, 2147483648, Number.MAX_SAFE_INTEGER, 2n ** 63n - 1n];
    const texts = [63, 64, 248, 300, 16383, 16384].map((size) => 'q'.repeat(size));
    const list = old.ziplist(...all, ...texts, 'end');
    assert.deepEqual(words(read(value(types.RDB_TYPE_LIST_ZIPLIST, old.string(list)))), [
      ...all.map(String),
      ...texts,
      'end',
    ]);
  });

  it('are read as quicklists of ziplists, empty ones between them', () => {
    const nodes = [old.ziplist('a', 1), old.ziplist(), old.ziplist('b')].map(old.string);
    assert.deepEqual(words(read(value(types.RDB_TYPE_LIST_QUICKLIST, old.length(3), ...nodes))), [
      'a',
      '1',
      'b',
    ]);
  });

  it('are read as zipmaps', () => {
    const texts = ['f', 'v', '12', '', 'long', 'w'.repeat(300)];
    for (const unused of [0, 3]) {
      const map = old.string(old.zipmap(unused, ...texts));
      assert.deepEqual(words(read(value(types.RDB_TYPE_HASH_ZIPMAP, map))), texts);
    }
  });
});

describe('newer forms', () => {
  it('are read as plain and packed nodes', () => {
    const nodes = [old.length(1), old.string('plain'), old.length(2), old.string(old.listpack('a', 5))];
    const list = value(types.RDB_TYPE_LIST_QUICKLIST_2, old.length(2), ...nodes);
    assert.deepEqual(words(read(list)), ['plain', 'a', '5']);
  });

  it('are read as sets in a listpack', () => {
    const set = value(types.RDB_TYPE_SET_LISTPACK, old.string(old.listpack('a', '', 300)));
    assert.deepEqual(words(read(set)), ['a', '', '300']);
  });

  it('are read as hashes whose fields expire', () => {
    const at = 1_700_000_000_000;
    const fields = [old.length(1), 'soon', 'v', old.length(0), 'never', 'w', old.length(501), 'later', 'x'];
    const parts = fields.map((part) => (typeof part === 'string' ? old.string(part) : part));
    const hash = read(value(types.RDB_TYPE_HASH_METADATA, old.u64(at), old.length(3), ...parts));
    assert.deepEqual(words(hash), ['soon', 'v', 'never', 'w', 'later', 'x']);
    assert.deepEqual(deadlines(hash), [at, 0, at + 500]);
    assert.equal(hash?.hasDeadlines, true);

    const absolute = Buffer.alloc(9, 0x81);
    absolute.writeBigUInt64BE(BigInt(at), 1);
    const early = [old.length(2), absolute, old.string('f'), old.string('v'), old.length(0), old.string('g')];
    const rc = read(value(types.RDB_TYPE_HASH_METADATA_EARLY, ...early, old.string('w')));
    assert.deepEqual(deadlines(rc), [at, 0]);

    const pack = old.string(old.listpack('f', 'v', at, 'g', 'w', 0));
    for (const least of [old.u64(at), undefined]) {
      const rdbType = least ? types.RDB_TYPE_HASH_LISTPACK_EX : types.RDB_TYPE_HASH_LISTPACK_EX_EARLY;
      const packed = read(value(rdbType, least ?? Buffer.alloc(0), pack));
      assert.deepEqual(words(packed), ['f', 'v', 'g', 'w']);
      assert.deepEqual(deadlines(packed), [at, 0]);
    }
  });

  it('leave no deadlines behind for the next hash', () => {
    read(value(types.RDB_TYPE_HASH_LISTPACK_EX_EARLY, old.string(old.listpack('f', 'v', 99))));
    for (const [name, payload] of recorded()) {
      const items = read(payload);
      if (items?.type !== TYPE_HASH) continue;
      assert.equal(items.hasDeadlines, false, name);
      assert.ok(
        deadlines(items).every((deadline) => deadline === 0),
        name,
      );
    }
  });
});

/** A structure with one byte of it changed. */
function changed(structure: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(structure);
  copy[at < 0 ? copy.length + at : at] = byte;
  return copy;
}

describe('what is refused', () => {
  const { length, string, ziplist, listpack, intset, zipmap } = old;
  const LIST = types.RDB_TYPE_LIST_ZIPLIST;
  const PACKED_HASH = types.RDB_TYPE_HASH_LISTPACK;
  const PACKED_SET = types.RDB_TYPE_SET_LISTPACK;
  const QUICKLIST = types.RDB_TYPE_LIST_QUICKLIST_2;
  const INTSET = types.RDB_TYPE_SET_INTSET;
  const ZIPMAP = types.RDB_TYPE_HASH_ZIPMAP;
  const METADATA = types.RDB_TYPE_HASH_METADATA;
  const LISTPACK_EX = types.RDB_TYPE_HASH_LISTPACK_EX_EARLY;
  const noNumber = Buffer.alloc(8, 0xff);
  const cases: Record<string, Buffer> = {
    'a type that is none': value(99, length(1), string('a')),
    'a string': value(0, string('a')),
    'a stream': value(15, length(0)),
    'nothing in it': value(types.RDB_TYPE_LIST, length(0)),
    'an empty listpack': value(PACKED_HASH, string(listpack())),
    'an empty ziplist': value(LIST, string(ziplist())),
    'an empty intset': value(INTSET, string(intset(2))),
    'an empty zipmap': value(ZIPMAP, string(zipmap(0))),
    'a list of empty nodes': value(QUICKLIST, length(1), length(2), string(listpack())),
    'a node of no known kind': value(QUICKLIST, length(1), length(3), string(listpack('a'))),
    'an empty plain node': value(QUICKLIST, length(1), length(1), string('')),
    'more strings than there are': value(types.RDB_TYPE_SET, length(3), string('a'), string('b')),
    'a count beyond all bounds': value(types.RDB_TYPE_LIST, Buffer.alloc(9, 0xff), string('a')),
    'a count of 2^63': value(
      types.RDB_TYPE_LIST,
      Buffer.from([0x81, 0x80, 0, 0, 0, 0, 0, 0, 0]),
      string('a'),
    ),
    'a string of 4 GiB': value(types.RDB_TYPE_LIST, length(1), Buffer.from([0x80, 255, 255, 255, 255])),
    'a string of no known form': value(types.RDB_TYPE_LIST, length(1), Buffer.from([0xc4, 1, 1])),
    'a compressed string of 1 GiB': value(1, length(1), Buffer.from([0xc3, 3, 0x80, 64, 0, 0, 0, 0, 97, 0])),
    'a compressed string that is damaged': value(1, length(1), Buffer.from([0xc3, 2, 5, 0x20, 97])),
    'a member twice': value(types.RDB_TYPE_SET, length(2), string('a'), string('a')),
    'an integer twice': value(types.RDB_TYPE_SET, length(2), string('12'), Buffer.from([0xc0, 12])),
    'a field twice': value(types.RDB_TYPE_HASH, length(2), ...['f', 'v', 'f', 'w'].map(string)),
    'a packed field twice': value(PACKED_HASH, string(listpack('f', 'v', 'f', 'w'))),
    'a packed member twice': value(types.RDB_TYPE_ZSET_LISTPACK, string(listpack('m', 1, 'm', 2))),
    'a field without a value': value(PACKED_HASH, string(listpack('f', 'v', 'g'))),
    'a member without a score': value(types.RDB_TYPE_ZSET_ZIPLIST, string(ziplist('m', 1, 'n'))),
    'a score that is a word': value(types.RDB_TYPE_ZSET_LISTPACK, string(listpack('m', 'high'))),
    'a score that begins as a number': value(types.RDB_TYPE_ZSET_LISTPACK, string(listpack('m', '1.5x'))),
    'a packed score NaN': value(types.RDB_TYPE_ZSET_LISTPACK, string(listpack('m', 'nan'))),
    'a text score NaN': value(types.RDB_TYPE_ZSET, length(1), string('m'), old.textScore('nan')),
    'a binary score NaN': value(types.RDB_TYPE_ZSET_2, length(1), string('m'), noNumber),
    'a listpack of another size': value(PACKED_SET, string(changed(listpack('a'), 0, 11))),
    'a listpack with another count': value(PACKED_SET, string(changed(listpack('a'), 4, 2))),
    'a listpack without an end': value(PACKED_SET, string(changed(listpack('a'), -1, 0))),
    'a listpack that ends early': value(PACKED_SET, string(changed(listpack(1, 2), 8, 0xff))),
    'a listpack with a false size backwards': value(PACKED_SET, string(changed(listpack('a'), 8, 3))),
    'a listpack with no known encoding': value(PACKED_SET, string(changed(listpack('a', 1), 6, 0xf5))),
    'a listpack with a text beyond its end': value(PACKED_SET, string(changed(listpack('a'), 6, 0xbf))),
    'a ziplist of another size': value(LIST, string(changed(ziplist('a'), 0, 15))),
    'a ziplist with another count': value(LIST, string(changed(ziplist('a'), 8, 2))),
    'a ziplist with another last entry': value(LIST, string(changed(ziplist('a', 'b'), 4, 10))),
    'a ziplist with a false size before': value(LIST, string(changed(ziplist('a', 'b'), 13, 4))),
    'a ziplist with no known encoding': value(LIST, string(changed(ziplist('a'), 11, 0xc1))),
    'an intset of integers of 3 bytes': value(INTSET, string(changed(intset(2, 1, 2, 3), 0, 3))),
    'an intset with another count': value(INTSET, string(changed(intset(2, 1, 2), 4, 3))),
    'an intset of 16 bits out of order': value(INTSET, string(intset(2, 2, 1))),
    'an intset of 32 bits with one twice': value(INTSET, string(intset(4, 7, 7))),
    'an intset of 64 bits out of order': value(INTSET, string(intset(8, 2 ** 32, 2 ** 32 - 1))),
    'a zipmap with a field twice': value(ZIPMAP, string(zipmap(0, 'f', 'v', 'f', 'w'))),
    'a zipmap with a field alone': value(ZIPMAP, string(zipmap(0, 'f'))),
    'a zipmap with another count': value(ZIPMAP, string(changed(zipmap(0, 'f', 'v'), 0, 2))),
    'a zipmap with a value beyond its end': value(ZIPMAP, string(changed(zipmap(0, 'f', 'v'), 3, 9))),
    'a deadline of more than 48 bits': value(
      METADATA,
      old.u64(2 ** 48 - 1),
      length(1),
      length(2),
      string('f'),
      string('v'),
    ),
    'a least deadline of more': value(
      METADATA,
      old.u64(2 ** 48 + 1),
      length(1),
      length(0),
      string('f'),
      string('v'),
    ),
    'a packed deadline that is none': value(LISTPACK_EX, string(listpack('f', 'v', 'soon'))),
    'a packed deadline before 1970': value(LISTPACK_EX, string(listpack('f', 'v', -1))),
    'a packed field without a deadline': value(LISTPACK_EX, string(listpack('f', 'v', 5, 'g', 'w'))),
  };
  for (const [name, payload] of Object.entries(cases)) {
    it(name, () => assert.equal(read(payload), undefined));
  }

  it('more decompressed bytes than allowed', () => {
    const compressed = PAYLOADS['set of long texts']?.compressed;
    assert.ok(compressed);
    const payload = Buffer.from(compressed, 'hex');
    const isRead = (most: number) =>
      reader.read(payload[0] as number, payload, viewOf(payload), 1, payload.length, most);
    assert.ok(isRead(290));
    assert.ok(!isRead(289));
  });
});

const seeds: Buffer[] = [
  ...recorded().map(([, payload]) => payload),
  value(
    types.RDB_TYPE_ZSET,
    old.length(2),
    old.string('a'),
    old.textScore('1.5'),
    old.string('b'),
    old.textScore('inf'),
  ),
  ...[types.RDB_TYPE_LIST_ZIPLIST, types.RDB_TYPE_HASH_ZIPLIST].map((one) =>
    value(one, old.string(old.ziplist(...PAIRS))),
  ),
  value(types.RDB_TYPE_ZSET_ZIPLIST, old.string(old.ziplist('a', 1, 'b', '2.5'))),
  value(types.RDB_TYPE_LIST_QUICKLIST, old.length(1), old.string(old.ziplist(...PAIRS))),
  value(types.RDB_TYPE_HASH_ZIPMAP, old.string(old.zipmap(2, 'f', 'v', 'g', 'w'))),
  value(types.RDB_TYPE_SET_LISTPACK, old.string(old.listpack('a', 300, 'c'))),
  value(types.RDB_TYPE_HASH_LISTPACK_EX, old.u64(5), old.string(old.listpack('f', 'v', 5, 'g', 'w', 0))),
  value(
    types.RDB_TYPE_HASH_METADATA,
    old.u64(5),
    old.length(1),
    old.length(1),
    old.string('f'),
    old.string('v'),
  ),
];

describe('damaged payloads', () => {
  it('are refused, or are another value that is whole, whatever is changed', () => {
    const change = fc.tuple(fc.nat(), fc.constantFrom('set', 'flip', 'add'), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (seed, changes) => {
          const payload = Buffer.from(seed);
          for (const [place, how, by] of changes) {
            // Half of the changes are near the beginning, where the sizes and counts are.
            const at = place % (place % 2 === 0 ? payload.length : Math.min(payload.length, 20));
            const before = payload[at] as number;
            payload[at] =
              how === 'set' ? by : how === 'flip' ? before ^ (1 << (by % 8)) : before + (by % 3) - 1;
          }
          const items = read(payload);
          if (items === undefined) return;
          const all = words(items);
          assert.ok(items.elementCount > 0 && Number.isInteger(items.elementCount));
          if (items.type === TYPE_LIST) return;
          const keys = items.type === TYPE_SET ? all : all.filter((_, index) => index % 2 === 0);
          assert.equal(new Set(keys).size, items.elementCount);
          if (items.type === TYPE_ZSET) assert.ok(!all.includes('NaN'));
        },
      ),
      { numRuns: 4000 },
    );
  });

  it('are refused without an exception when they are only noise', () => {
    fc.assert(
      fc.property(fc.nat(26), fc.uint8Array({ maxLength: 60 }), (rdbType, noise) => {
        read(value(rdbType, noise));
        read(value(rdbType, old.string(Buffer.from(noise))));
      }),
      { numRuns: 4000 },
    );
  });
});
