import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  byteText,
  compareBytes,
  copyBytes,
  copyToBytes,
  copyWords,
  equalBytes,
  equalWords,
  isWord,
  moveWords,
  utf8Text,
  ViewOfLast,
  viewOf,
  writeByteText,
} from './bytes.js';

const anyBytes = fc.uint8Array({ maxLength: 300 });

test('copyBytes copies the range, whatever its size, and nothing beside it', () => {
  fc.assert(
    fc.property(anyBytes, fc.nat(9), fc.nat(9), (bytes, offset, targetOffset) => {
      const source = new Uint8Array(bytes.length + 20).fill(1);
      source.set(bytes, offset);
      const target = new Uint8Array(bytes.length + 20).fill(2);
      const expected = target.slice();
      expected.set(bytes, targetOffset);
      copyBytes(target, targetOffset, source, offset, bytes.length);
      assert.deepEqual(target, expected);
    }),
  );
});

test('moveWords moves the range within a buffer, whichever way, and whatever it overlaps', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 5000 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      (bytes, a, b, c) => {
        const size = a % (bytes.length + 1);
        const from = b % (bytes.length - size + 1);
        const to = c % (bytes.length - size + 1);
        const moved = new Uint8Array(new SharedArrayBuffer(bytes.length));
        moved.set(bytes);
        bytes.copyWithin(to, from, from + size);
        moveWords(moved, viewOf(moved), to, from, size);
        assert.deepEqual([...moved], [...bytes]);
      },
    ),
  );
});

test('copyWords copies the range, whatever its size and place, and nothing beside it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(9), fc.nat(9), (bytes, offset, targetOffset) => {
      const source = new Uint8Array(new SharedArrayBuffer(bytes.length + 20)).fill(1);
      source.set(bytes, offset);
      // A view that begins inside its buffer, as a Buffer's does.
      const target = new Uint8Array(bytes.length + 23).fill(2).subarray(3);
      const expected = target.slice();
      expected.set(bytes, targetOffset);
      copyWords(viewOf(target), targetOffset, viewOf(source), offset, bytes.length);
      assert.deepEqual(target, expected);
    }),
  );
});

test('copyToBytes copies the range, whatever its size and place, and nothing beside it', () => {
  fc.assert(
    fc.property(anyBytes, fc.nat(9), fc.nat(9), (bytes, offset, targetOffset) => {
      const source = new Uint8Array(new SharedArrayBuffer(bytes.length + 23), 3).fill(1);
      source.set(bytes, offset);
      const target = new Uint8Array(bytes.length + 20).fill(2);
      const expected = target.slice();
      expected.set(bytes, targetOffset);
      copyToBytes(target, targetOffset, viewOf(source), offset, bytes.length);
      assert.deepEqual(target, expected);
    }),
  );
});

test('equalWords finds a difference in any byte, and looks at none beside the range', () => {
  for (let size = 0; size < 20; size++) {
    const left = Uint8Array.from({ length: size + 2 }, (_, index) => index + 1);
    const right = new Uint8Array(size + 5).fill(0xff);
    right.set(left.subarray(1, 1 + size), 3);
    const equal = () => equalWords(viewOf(left), 1, viewOf(right), 3, size);
    assert.ok(equal(), `size ${size}`);
    for (let index = 0; index < size; index++) {
      right[3 + index]! ^= 0x80;
      assert.ok(!equal(), `size ${size}, byte ${index}`);
      right[3 + index]! ^= 0x80;
    }
  }
});

test('a view is made anew only for another array', () => {
  const views = new ViewOfLast();
  const bytes = Buffer.from('some bytes').subarray(2, 6);
  const view = views.of(bytes);
  assert.deepEqual([view.byteLength, view.getUint8(0)], [4, 'm'.charCodeAt(0)]);
  assert.equal(views.of(bytes), view);
  assert.notEqual(views.of(new Uint8Array(4)), view);
});

test('comparison and equality are those of Buffer', () => {
  const few = fc.uint8Array({ max: 2, maxLength: 4 });
  fc.assert(
    fc.property(few, few, (left, right) => {
      const order = Math.sign(compareBytes(left, 0, left.length, right, 0, right.length));
      assert.equal(order, Buffer.compare(left, right));
      assert.equal(equalBytes(left, 0, left.length, right, 0, right.length), order === 0);
    }),
  );
});

test('isWord ignores the case of letters and of nothing else', () => {
  const is = (text: string, word: string) =>
    isWord(new Uint8Array(Buffer.from(` ${text} `, 'latin1')), 1, text.length, word);
  assert.ok(is('KeepTTL', 'KEEPTTL'));
  assert.ok(is('no-touch', 'NO-TOUCH'));
  assert.ok(!is('ex', 'EXX'));
  assert.ok(!is('exx', 'EX'));
  assert.ok(!is('{', '['));
  assert.ok(is('', ''));
});

test('byte text keeps every byte both ways', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = byteText(bytes, 0, bytes.length);
      const back = new Uint8Array(bytes.length);
      assert.equal(writeByteText(back, 0, text), bytes.length);
      assert.deepEqual(back, bytes);
    }),
  );
  assert.equal(utf8Text(new Uint8Array(Buffer.from('xé✓x')), 1, 5), 'é✓');
});
