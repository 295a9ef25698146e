import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyOf, Outbox } from './outbox.js';

/** Takes up to `size` bytes from the front, as the kernel does: never more than the first piece. */
function send(outbox: Outbox, size: number): Buffer {
  const { bytes, from, to } = outbox.first!;
  const taken = Math.min(size, to - from);
  const sent = Buffer.from(copyOf(bytes, from, from + taken));
  outbox.drop(taken);
  return sent;
}

test('bytes leave in order, in whatever portions the kernel takes', () => {
  const appends = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 10 });
  const property = fc.property(
    appends,
    fc.uint8Array({ maxLength: 20 }),
    fc.integer({ min: 1, max: 9 }),
    (parts, rest, step) => {
      const outbox = new Outbox();
      for (const part of parts) {
        const scratch = Buffer.concat([Buffer.from('..'), part, Buffer.from('..')]);
        outbox.append(scratch, 2, 2 + part.length);
        scratch.fill(0xee); // it was copied
      }
      if (rest.length > 0) outbox.prepend(rest, 0, rest.length);
      const expected = Buffer.concat([rest, ...parts]);
      assert.equal(outbox.size, expected.length);
      const sent: Buffer[] = [];
      while (outbox.size > 0) sent.push(send(outbox, step));
      assert.deepEqual(Buffer.concat(sent), expected);
      assert.equal(outbox.first, undefined);
    },
  );
  fc.assert(property);
});

test('a piece that is put before the others is not copied', () => {
  const outbox = new Outbox();
  outbox.append(Buffer.from('later'), 0, 5);
  const bytes = Buffer.from('__rest__');
  outbox.prepend(bytes, 2, 6);
  assert.equal(outbox.first?.bytes, bytes);
  assert.equal(outbox.size, 9);
  outbox.clear();
  assert.equal(outbox.size, 0);
  assert.equal(outbox.first, undefined);
});

test('a copy has memory of its own', () => {
  const bytes = Buffer.from('hello');
  const copy = copyOf(bytes, 1, 4);
  bytes.fill(0);
  assert.equal(Buffer.from(copy).toString(), 'ell');
  assert.equal(copy.byteOffset, 0);
  assert.equal(copy.buffer.byteLength, 3);
});
