import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import fc from 'fast-check';
import { viewOf } from './bytes.js';
import { hashBytes, setHashSeed } from './hash.js';

/** HalfSipHash with any number of rounds, written for reading: the model. */
function halfSipHash(
  bytes: readonly number[],
  low: number,
  high: number,
  rounds: number,
  lastRounds: number,
): number {
  const rotate = (x: number, by: number) => ((x << by) | (x >>> (32 - by))) >>> 0;
  const v = [low >>> 0, high >>> 0, (low ^ 0x6c796765) >>> 0, (high ^ 0x74656462) >>> 0] as [
    number,
    number,
    number,
    number,
  ];
  const add = (to: number, from: number) => {
    v[to] = (v[to]! + v[from]!) >>> 0;
  };
  const mix = (at: number, by: number, other: number) => {
    v[at] = (rotate(v[at]!, by) ^ v[other]!) >>> 0;
  };
  const round = (times: number) => {
    for (let i = 0; i < times; i++) {
      add(0, 1);
      mix(1, 5, 0);
      v[0] = rotate(v[0], 16);
      add(2, 3);
      mix(3, 8, 2);
      add(0, 3);
      mix(3, 7, 0);
      add(2, 1);
      mix(1, 13, 2);
      v[2] = rotate(v[2], 16);
    }
  };
  const padded = [...bytes];
  while (padded.length % 4 !== 3) padded.push(0);
  padded.push(bytes.length & 0xff);
  for (let at = 0; at < padded.length; at += 4) {
    const word = new DataView(Uint8Array.from(padded.slice(at, at + 4)).buffer).getUint32(0, true);
    v[3] = (v[3] ^ word) >>> 0;
    round(rounds);
    v[0] = (v[0] ^ word) >>> 0;
  }
  v[2] ^= 0xff;
  round(lastRounds);
  return (v[1] ^ v[3]) >>> 0;
}

const KEY_LOW = 0x03020100;
const KEY_HIGH = 0x07060504;
const counting = (length: number) => Array.from({ length }, (_, index) => index & 0xff);

afterEach(() => setHashSeed(0, 0));

test('the model gives the published vectors of HalfSipHash-2-4', () => {
  const published = [
    0x5b9f35a9, 0xb85a4727, 0x03a662fa, 0x04e7fe8a, 0x89466e2a, 0x69b6fac5, 0x23fc6358, 0xc563cf8b,
    0x8f84b8d0, 0x79e706f8, 0x3479b094, 0x50300808, 0x2f87f057, 0xff63e677, 0x7cf8ffd6, 0x972bfe74,
  ];
  for (const [length, expected] of published.entries()) {
    assert.equal(halfSipHash(counting(length), KEY_LOW, KEY_HIGH, 2, 4), expected, `length ${length}`);
  }
});

test('hashBytes gives the values of a C implementation of HalfSipHash-1-3', () => {
  const expected = [
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
    0x577999b1, 0xc839caed, 0xe4fa32cf, 0x959246ee, 0x6b28096c, 0x66dd9cd6, 0x16658a7c, 0xd0257b04,
  ];
  setHashSeed(KEY_LOW, KEY_HIGH);
  for (const [length, value] of expected.entries()) {
    assert.equal(
      hashBytes(viewOf(Uint8Array.from(counting(length))), 0, length) >>> 0,
      value,
      `length ${length}`,
    );
  }
  setHashSeed(0xdeadbeef, 0xfeedface);
  assert.equal(hashBytes(viewOf(Uint8Array.from(counting(300))), 0, 300) >>> 0, 0x645ad8d6);
});

test('hashBytes equals the model for any bytes, seed and offset, and reads nothing beside the range', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(255), { maxLength: 40 }),
      fc.integer(),
      fc.integer(),
      fc.nat(7),
      fc.nat(255),
      (bytes, low, high, offset, around) => {
        const buffer = new Uint8Array(new SharedArrayBuffer(bytes.length + 16)).fill(around);
        buffer.set(bytes, offset);
        setHashSeed(low, high);
        assert.equal(
          hashBytes(viewOf(buffer), offset, bytes.length) >>> 0,
          halfSipHash(bytes, low, high, 1, 3),
        );
      },
    ),
  );
});

test('every bit of the hash is as often set as not, also for keys that differ in a counter only', () => {
  setHashSeed(1, 2);
  const ones = new Array<number>(32).fill(0);
  const keys = 20_000;
  for (let key = 0; key < keys; key++) {
    const bytes = Buffer.from(`key:${String(key).padStart(12, '0')}`);
    const hash = hashBytes(viewOf(bytes), 0, bytes.length);
    for (let bit = 0; bit < 32; bit++) ones[bit]! += (hash >>> bit) & 1;
  }
  for (const count of ones) assert.ok(Math.abs(count - keys / 2) < 500, `${count} of ${keys}`); // 7 standard deviations
});
