/**
 * Builds values in the forms that no Redis of today writes, but every one reads: ziplists, zipmaps, scores as text, and those
 * with deadlines of fields, which Redis 7.0 does not know yet. For tests. redis-server 7.0.15 takes what they make.
 */

import { viewOf } from '../../base/bytes.js';
import { PackedItem } from '../../structures/packed-item.js';

/** An RDB length. */
export function length(size: number): Buffer {
  if (size < 0x40) return Buffer.from([size]);
  if (size < 0x4000) return Buffer.from([0x40 | (size >> 8), size & 0xff]);
  const long = Buffer.alloc(5, 0x80);
  long.writeUInt32BE(size, 1);
  return long;
}

/** An RDB string, of a text with one character for each byte. */
export function string(text: string | Buffer): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  return Buffer.concat([length(bytes.length), bytes]);
}

/** A score as Redis before 4.0 wrote it. */
export function textScore(text: string): Buffer {
  const special = ['nan', 'inf', '-inf'].indexOf(text);
  return special >= 0
    ? Buffer.from([253 + special])
    : Buffer.from(`${String.fromCharCode(text.length)}${text}`);
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** A ziplist: numbers and bigints become integers, of the narrowest form. */
export function ziplist(...elements: (string | number | bigint)[]): Buffer {
  const entries: Buffer[] = [];
  let lastEntry = 10;
  let previous = 0;
  let end = 10;
  for (const element of elements) {
    const before = previous < 254 ? Buffer.from([previous]) : Buffer.from([254, 0, 0, 0, 0]);
    if (previous >= 254) before.writeUInt32LE(previous, 1);
    const entry = Buffer.concat([before, ziplistBody(element)]);
    entries.push(entry);
    lastEntry = end;
    end += entry.length;
    previous = entry.length;
  }
  const header = Buffer.alloc(10);
  header.writeUInt32LE(end + 1, 0);
  header.writeUInt32LE(lastEntry, 4);
  header.writeUInt16LE(Math.min(elements.length, 0xffff), 8);
  return Buffer.concat([header, ...entries, Buffer.from([0xff])]);
}

function ziplistBody(element: string | number | bigint): Buffer {
  if (typeof element === 'string') {
    const text = Buffer.from(element, 'latin1');
    const { length: size } = text;
    if (size < 64) return Buffer.concat([Buffer.from([size]), text]);
    if (size < 0x4000) return Buffer.concat([Buffer.from([0x40 | (size >> 8), size & 0xff]), text]);
    const long = Buffer.alloc(5, 0x80);
    long.writeUInt32BE(size, 1);
    return Buffer.concat([long, text]);
  }
  const value = BigInt(element);
  if (value >= 0n && value <= 12n) return Buffer.from([0xf1 + Number(value)]);
  const forms: [encoding: number, bytes: number][] = [
    [0xfe, 1],
    [0xc0, 2],
    [0xf0, 3],
    [0xd0, 4],
    [0xe0, 8],
  ];
  for (const [encoding, bytes] of forms) {
    if (BigInt.asIntN(bytes * 8, value) !== value) continue;
    const whole = Buffer.alloc(9, encoding);
    whole.writeBigInt64LE(value, 1);
    return whole.subarray(0, 1 + bytes);
  }
  throw new Error(`${value} has more than 64 bits`);
}

/** A zipmap of fields and values in turns; `unused` bytes are free behind each value. */
export function zipmap(unused: number, ...texts: string[]): Buffer {
  const size = (bytes: number): Buffer => {
    if (bytes < 254) return Buffer.from([bytes]);
    const long = Buffer.alloc(5, 254);
    long.writeUInt32LE(bytes, 1);
    return long;
  };
  const parts = texts.flatMap((text, index) => [
    size(text.length),
    Buffer.from(index % 2 === 0 ? [] : [unused]),
    Buffer.from(text, 'latin1'),
    Buffer.alloc(index % 2 === 0 ? 0 : unused, '?'),
  ]);
  return Buffer.concat([Buffer.from([Math.min(texts.length / 2, 254)]), ...parts, Buffer.from([0xff])]);
}

/** A listpack: texts that spell integers become integers. */
export function listpack(...texts: (string | number)[]): Buffer {
  const item = new PackedItem();
  const elements = texts.map((text) => {
    const bytes = Buffer.from(String(text), 'latin1');
    item.setBytes(bytes, viewOf(bytes), 0, bytes.length);
    const element = Buffer.alloc(item.encodedBytes);
    item.write(viewOf(element), 0);
    return element;
  });
  const body = Buffer.concat([Buffer.alloc(6), ...elements, Buffer.from([0xff])]);
  body.writeUInt32LE(body.length, 0);
  body.writeUInt16LE(Math.min(texts.length, 0xffff), 4);
  return body;
}

/** An intset of integers in the order given, each of `width` bytes. */
export function intset(width: number, ...values: (number | bigint)[]): Buffer {
  const body = Buffer.alloc(8 + values.length * width);
  body.writeUInt32LE(width, 0);
  body.writeUInt32LE(values.length, 4);
  values.forEach((value, index) => {
    const whole = Buffer.alloc(8);
    whole.writeBigInt64LE(BigInt(value), 0);
    whole.copy(body, 8 + index * width, 0, width);
  });
  return body;
}
