import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputBuffer } from './input-buffer.js';

test('any appends and consumptions: what is left is what was put in', () => {
  const step = fc.record({ size: fc.nat(3000), needed: fc.nat(5000), take: fc.nat(100) });
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const input = new InputBuffer();
    let expected = '';
    let seed = 0;
    for (const { size, needed, take } of steps) {
      const text = String.fromCharCode(33 + (seed++ % 90)).repeat(size);
      assert.equal(input.append(Buffer.from(`<<${text}>>`, 'latin1'), 2, 2 + size, needed), true);
      expected += text;
      const offset = input.start + Math.floor((expected.length * take) / 100);
      expected = expected.slice(offset - input.start);
      input.consume(offset);
      assert.equal(input.bytes.toString('latin1', input.start, input.end), expected);
      assert.equal(input.size, expected.length);
    }
    input.consume(input.end);
    assert.equal(input.bytes.length, 0, 'given back');
  });
  fc.assert(property, { numRuns: 300 });
});

test('a size that was announced is reserved as its bytes arrive: never much more, and in few steps', () => {
  const input = new InputBuffer();
  const chunk = Buffer.alloc(65536, 'c');
  const announced = 2 ** 26;
  input.append(chunk, 0, 100, announced);
  assert.ok(input.bytes.length < 70_000, 'hardly anything is there');
  let moves = 0;
  let last = input.bytes;
  while (input.size < announced - chunk.length) {
    input.append(chunk, 0, chunk.length, announced);
    if (input.bytes !== last) moves++;
    last = input.bytes;
    assert.ok(
      input.bytes.length <= 4 * input.size + 70_000,
      `${input.size} there, ${input.bytes.length} reserved`,
    );
    assert.ok(input.bytes.length <= announced + 1024, 'no more than announced');
  }
  assert.ok(moves <= 6, `${moves} moves`);
});

test('what was announced is reserved at once when it is little', () => {
  const input = new InputBuffer();
  input.append(Buffer.alloc(100), 0, 100, 60_000);
  const first = input.bytes;
  for (let size = 100; size < 60_000; size += 100) input.append(Buffer.alloc(100), 0, 100, 60_000);
  assert.equal(input.bytes, first);
});

test('bytes that trickle in are moved a bounded number of times', () => {
  const input = new InputBuffer();
  let moves = 0;
  let last = input.bytes;
  for (let count = 0; count < 60_000; count++) {
    input.append(Buffer.from('t'), 0, 1, input.size + 1);
    if (input.bytes !== last) moves++;
    last = input.bytes;
  }
  assert.ok(moves < 10, `${moves} moves`);
});

test('what can never be there is not even tried', () => {
  const input = new InputBuffer();
  assert.equal(input.append(Buffer.from('x'), 0, 1, Number.MAX_SAFE_INTEGER), true);
  assert.equal(input.size, 1);
});
