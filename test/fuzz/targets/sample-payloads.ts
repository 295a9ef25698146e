/**
 * A payload of DUMP in each form in which any Redis has ever written a value: where fuzzing of RESTORE begins.
 */

import {
  intset,
  length,
  listpack,
  string,
  textScore,
  u64,
  ziplist,
  zipmap,
} from '../../../src/engine/rdb/old-payloads.case.js';
import { FOOTER_BYTES, RDB_VERSION, writeFooter } from '../../../src/engine/rdb/payload.js';
import { PAYLOADS } from '../../../src/engine/rdb/recorded-payloads.case.js';
import * as types from '../../../src/engine/rdb/types.js';

/** Longer recorded payloads are left out: what is in them is in others, too. */
const RECORDED_BYTES_MAX = 250;
const SOON_MS = 1_700_000_100_000;

/** Well-formed payloads, checksum included. */
export function samplePayloads(): Uint8Array[] {
  const recorded = Object.values(PAYLOADS).flatMap(({ plain, compressed }) => [plain, compressed]);
  return [
    ...recorded
      .filter((hex) => hex !== undefined && hex.length <= 2 * RECORDED_BYTES_MAX)
      .map((hex) => Buffer.from(hex!, 'hex')),
    ...values().map(([type, ...parts]) => payload(type, ...parts)),
  ];
}

function values(): [type: number, ...parts: Buffer[]][] {
  const pair = Buffer.concat([string('one'), string('two')]);
  const scored = (score: string) =>
    Buffer.concat([string('one'), textScore(score), string('two'), textScore('inf')]);
  const binary = Buffer.alloc(8);
  binary.writeDoubleLE(1.5);
  return [
    [0, string('text')],
    [0, Buffer.from([0xc0, 0xff])],
    [0, Buffer.from([0xc1, 0x00, 0x80])],
    [0, Buffer.from([0xc2, 0x00, 0x00, 0x00, 0x80])],
    // LZF: one letter, and it again eleven times.
    [0, Buffer.from([0xc3, 5, 12, 0x00, 0x61, 0xe0, 0x02, 0x00])],
    [0, Buffer.from([0x81, 0, 0, 0, 0, 0, 0, 0, 1, 0x61])],
    [types.RDB_TYPE_LIST, length(2), pair],
    [types.RDB_TYPE_SET, length(2), pair],
    [types.RDB_TYPE_HASH, length(1), pair],
    [types.RDB_TYPE_ZSET, length(2), scored('1.5')],
    [types.RDB_TYPE_ZSET, length(2), scored('-inf')],
    [types.RDB_TYPE_ZSET_2, length(1), string('one'), binary],
    [types.RDB_TYPE_HASH_ZIPMAP, string(zipmap(1, 'field', 'value', 'other', 'more'))],
    [types.RDB_TYPE_LIST_ZIPLIST, string(ziplist('a', 12, 13, -1, 1000, -70_000, 2 ** 31, 2n ** 60n))],
    [types.RDB_TYPE_LIST_ZIPLIST, string(ziplist('x'.repeat(300), 'y'))],
    [types.RDB_TYPE_SET_INTSET, string(intset(2, -5, 0, 7))],
    [types.RDB_TYPE_SET_INTSET, string(intset(4, -70_000, 7))],
    [types.RDB_TYPE_SET_INTSET, string(intset(8, -(2n ** 60n), 7))],
    [types.RDB_TYPE_ZSET_ZIPLIST, string(ziplist('a', 1, 'b', '2.5'))],
    [types.RDB_TYPE_HASH_ZIPLIST, string(ziplist('a', 1, 'b', '2.5'))],
    [types.RDB_TYPE_LIST_QUICKLIST, length(2), string(ziplist('a', 1)), string(ziplist('b'))],
    [types.RDB_TYPE_HASH_LISTPACK, string(listpack('a', 1, 'b', 'x'.repeat(70)))],
    [types.RDB_TYPE_ZSET_LISTPACK, string(listpack('a', 1, 'b', '2.5'))],
    [types.RDB_TYPE_SET_LISTPACK, string(listpack('a', 1, 70_000, 'b'))],
    [
      types.RDB_TYPE_LIST_QUICKLIST_2,
      length(2),
      length(types.NODE_PACKED),
      string(listpack('a', 4000, -3)),
      length(types.NODE_PLAIN),
      string('plain'),
    ],
    [
      types.RDB_TYPE_HASH_METADATA,
      u64(SOON_MS),
      length(2),
      length(1),
      pair,
      length(0),
      string('x'),
      string('y'),
    ],
    [
      types.RDB_TYPE_HASH_METADATA_EARLY,
      length(1),
      Buffer.concat([Buffer.from([0x81]), bigEndian(SOON_MS)]),
      pair,
    ],
    [types.RDB_TYPE_HASH_LISTPACK_EX, u64(SOON_MS), string(listpack('a', 'b', SOON_MS, 'c', 'd', 0))],
    [types.RDB_TYPE_HASH_LISTPACK_EX_EARLY, string(listpack('a', 'b', SOON_MS))],
  ];
}

function bigEndian(value: number): Buffer {
  return u64(value).reverse();
}

function payload(type: number, ...parts: readonly Buffer[]): Uint8Array {
  const body = Buffer.concat([Buffer.from([type]), ...parts]);
  const bytes = Buffer.concat([body, Buffer.alloc(FOOTER_BYTES)]);
  writeFooter(bytes, 0, body.length, RDB_VERSION);
  return bytes;
}
