import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Argument, CommandInfo } from './command-runner.js';
import { UsageError } from './errors.js';
import { RequestWriter } from './request-writer.js';

const SET: CommandInfo = { words: ['SET'], isReadOnly: false };
const CONFIG_SET: CommandInfo = { words: ['CONFIG', 'SET'], isReadOnly: false };

/** The same, the slow way. */
function encode(command: CommandInfo, args: readonly Argument[]): Buffer {
  const parts = [...command.words, ...args].map((part) => {
    const bytes = part instanceof Uint8Array ? Buffer.from(part) : Buffer.from(String(part));
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...parts]);
}

describe('a writer of requests', () => {
  test('writes arrays of bulk strings', () => {
    const writer = new RequestWriter();
    writer.add(SET, ['user:1', 'rustacean']);
    writer.add(CONFIG_SET, ['maxmemory', 100]);
    assert.equal(
      writer.take().toString(),
      '*3\r\n$3\r\nSET\r\n$6\r\nuser:1\r\n$9\r\nrustacean\r\n' +
        '*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$9\r\nmaxmemory\r\n$3\r\n100\r\n',
    );
    assert.equal(writer.size, 0);
  });

  test('spells numbers as Redis does', () => {
    const writer = new RequestWriter();
    const numbers = [0, -0, -1, 9, 10, 2 ** 53 - 1, 1 - 2 ** 53, 3.5, 1e300, Infinity, -Infinity, 2n ** 63n];
    writer.add(SET, numbers);
    const words = [
      'SET',
      '0',
      '0',
      '-1',
      '9',
      '10',
      '9007199254740991',
      '-9007199254740991',
      '3.5',
      '1e+300',
    ];
    const expected = [...words.slice(1), 'inf', '-inf', '9223372036854775808'];
    assert.deepEqual(writer.take(), encode(SET, expected));
  });

  test('any arguments, whatever their lengths and characters, and whenever they are taken', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.integer({ min: 0, max: 120 }).map((length) => 'é'.repeat(length)),
      fc.integer({ min: 8, max: 1100 }).map((length) => `${'a'.repeat(length)}€`),
      fc.constantFrom('x'.repeat(70_000), 'ü'.repeat(17_000), ''),
    );
    const argument = fc.oneof(
      text,
      fc.uint8Array({ maxLength: 300 }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt(),
    );
    const step = fc.record({
      args: fc.array(argument, { maxLength: 12 }),
      takes: fc.boolean(),
      hasLeft: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const writer = new RequestWriter();
        const sent: Buffer[] = [];
        const expected: Buffer[] = [];
        for (const { args, takes, hasLeft } of steps) {
          writer.add(SET, args);
          expected.push(encode(SET, args));
          if (!takes) continue;
          sent.push(writer.take()); // it must stay as it is ...
          if (!hasLeft) continue;
          for (const [index, bytes] of sent.entries()) sent[index] = Buffer.from(bytes); // ... until it has left
          writer.sent();
        }
        sent.push(writer.take());
        assert.ok(Buffer.concat(sent).equals(Buffer.concat(expected)));
      }),
    );
  });

  test('refuses what is no argument, by name and place, and adds nothing of the request', () => {
    const writer = new RequestWriter();
    writer.add(SET, ['a', 'b']);
    const size = writer.size;
    for (const [bad, what] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [true, 'true'],
      [{}, 'Object'],
      [['x'], 'Array'],
      [Number.NaN, 'NaN'],
      [Symbol('s'), 'Symbol(s)'],
    ]) {
      assert.throws(
        () => writer.add(CONFIG_SET, ['name', bad as string]),
        (error) =>
          error instanceof UsageError &&
          error.code === 'USAGE' &&
          error.message.startsWith(`argument 2 of CONFIG SET is ${String(what)};`),
      );
      assert.equal(writer.size, size);
    }
    assert.deepEqual(writer.take(), encode(SET, ['a', 'b']));
  });

  test('what is cleared is not sent, and what was taken stays', () => {
    const writer = new RequestWriter();
    writer.add(SET, ['a', 1]);
    const taken = writer.take();
    writer.add(SET, ['b', 2]);
    writer.clear();
    writer.add(SET, ['c', 3]);
    assert.deepEqual(writer.take(), encode(SET, ['c', 3]));
    assert.deepEqual(taken, encode(SET, ['a', 1]));
  });
});
