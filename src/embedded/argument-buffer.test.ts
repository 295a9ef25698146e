import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Argument, CommandInfo } from '../client/command-runner.js';
import { ArgumentBuffer } from './argument-buffer.js';

const SET: CommandInfo = { words: ['SET'], isReadOnly: false };
const CONFIG_GET: CommandInfo = { words: ['CONFIG', 'GET'], isReadOnly: true };

/** All arguments as the executor would read them. */
function read(buffer: ArgumentBuffer): Buffer[] {
  return Array.from({ length: buffer.argumentCount }, (_, index) => {
    const offset = buffer.argumentOffset[index] as number;
    return Buffer.from(buffer.bytes.subarray(offset, offset + (buffer.argumentSize[index] as number)));
  });
}

/** What an argument is as bytes, said plainly. */
function expected(argument: Argument): Buffer {
  if (argument instanceof Uint8Array) return Buffer.from(argument);
  if (argument === Number.POSITIVE_INFINITY) return Buffer.from('inf');
  return Buffer.from(argument === Number.NEGATIVE_INFINITY ? '-inf' : String(argument));
}

const argument = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
  fc.integer(),
  fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 200 }),
);

test('whatever the arguments are, they lie in the buffer as their bytes, one behind the other', () => {
  const buffer = new ArgumentBuffer();
  const call = fc.record({
    command: fc.constantFrom(SET, CONFIG_GET),
    args: fc.array(argument, { maxLength: 100 }),
  });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 5 }), (calls) => {
      for (const { command, args } of calls) {
        buffer.fill(command, args);
        const words = command.words.map((word) => Buffer.from(word));
        assert.deepEqual(read(buffer), [...words, ...args.map(expected)]);
        buffer.release();
      }
    }),
  );
});

test('the buffer grows for what is large, and is small again after it', () => {
  const buffer = new ArgumentBuffer();
  const large = 'é'.repeat(2_000_000);
  const many = Array.from({ length: 70_000 }, (_, index) => index);
  buffer.fill(SET, ['k', large]);
  assert.equal(String(read(buffer)[2]), large);
  buffer.release();
  assert.ok(buffer.bytes.length < 100_000);
  buffer.fill(SET, many);
  assert.deepEqual(read(buffer).slice(1).map(Number), many);
  buffer.release();
  buffer.fill(SET, ['k', 'v']);
  assert.deepEqual(read(buffer).map(String), ['SET', 'k', 'v']);
});

test('what can not be an argument is refused, and the next call is as if nothing had been', () => {
  const buffer = new ArgumentBuffer();
  for (const wrong of [undefined, Number.NaN, {}, true, [1]]) {
    assert.throws(() => buffer.fill(SET, ['k', wrong as never]), {
      code: 'USAGE',
      message: /^argument 2 of SET is /,
    });
  }
  buffer.fill(SET, ['k', 'v']);
  assert.deepEqual(read(buffer).map(String), ['SET', 'k', 'v']);
});
