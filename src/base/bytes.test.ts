import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteText, compareBytes, copyBytes, equalBytes, isWord, utf8Text, writeByteText } from './bytes.js';

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
