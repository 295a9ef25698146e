import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError, ReplyError } from './errors.js';
import type { Reply } from './reply.js';
import { ReplyReader, type ReplySink } from './reply-reader.js';

class Collector implements ReplySink {
  readonly replies: Reply[] = [];
  readonly pushes: Reply[][] = [];
  readonly asBuffers: boolean;
  readonly wantsPushBuffers: boolean;

  constructor(asBuffers = false) {
    this.asBuffers = asBuffers;
    this.wantsPushBuffers = asBuffers;
  }

  wantsBuffers(): boolean {
    return this.asBuffers;
  }

  reply(value: Reply): void {
    this.replies.push(value);
  }

  push(items: Reply[]): void {
    this.pushes.push(items);
  }
}

/** Reads `text`, cut at `cuts`; every piece is overwritten as soon as it has been fed. */
function read(text: string | Buffer, cuts: readonly number[] = [], asBuffers = false): Collector {
  const sink = new Collector(asBuffers);
  const reader = new ReplyReader(sink);
  const bytes = Buffer.from(text as string);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const piece = Buffer.concat([Buffer.from('??'), bytes.subarray(from, to), Buffer.from('?')]);
    reader.feed(piece, 2, piece.length - 1);
    piece.fill(0x21);
    from = to;
  }
  assert.equal(reader.isBetweenReplies, true);
  return sink;
}

const REPLIES: readonly (readonly [name: string, bytes: string, value: Reply])[] = [
  ['OK', '+OK\r\n', 'OK'],
  ['another status', '+PONG\r\n', 'PONG'],
  ['an empty status', '+\r\n', ''],
  ['an integer', ':9\r\n', 9],
  ['a negative integer', ':-42\r\n', -42],
  ['minus zero', ':-0\r\n', 0],
  ['the largest exact integer', ':9007199254740991\r\n', 2 ** 53 - 1],
  ['an integer of 64 bits', ':-9223372036854775808\r\n', -(2n ** 63n)],
  ['a text', '$9\r\nrustacean\r\n', 'rustacean'],
  ['an empty text', '$0\r\n\r\n', ''],
  ['a text with line ends', '$6\r\na\r\n$1\r\r\n', 'a\r\n$1\r'],
  ['a text beyond ASCII', '$5\r\né€\r\n', 'é€'],
  ['null of RESP2', '$-1\r\n', undefined],
  ['null array of RESP2', '*-1\r\n', undefined],
  ['null', '_\r\n', undefined],
  ['true', '#t\r\n', true],
  ['false', '#f\r\n', false],
  ['a double', ',3.5\r\n', 3.5],
  ['an exponent', ',1e+300\r\n', 1e300],
  ['infinity', ',inf\r\n', Number.POSITIVE_INFINITY],
  ['minus infinity', ',-inf\r\n', Number.NEGATIVE_INFINITY],
  ['no number', ',nan\r\n', Number.NaN],
  [
    'a big number',
    '(3492890328409238509324850943850943825024385\r\n',
    3492890328409238509324850943850943825024385n,
  ],
  ['a verbatim string', '=8\r\ntxt:some\r\n', 'some'],
  ['an array', '*3\r\n:1\r\n$1\r\na\r\n_\r\n', [1, 'a', undefined]],
  ['an empty array', '*0\r\n', []],
  ['arrays in an array', '*2\r\n*1\r\n*0\r\n*2\r\n:1\r\n:2\r\n', [[[]], [1, 2]]],
  [
    'a map',
    '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n',
    new Map<Reply, Reply>([
      ['a', 1],
      ['b', [2]],
    ]),
  ],
  ['an empty map', '%0\r\n', new Map()],
  ['a set', '~2\r\n+a\r\n+b\r\n', new Set(['a', 'b'])],
  ['an attribute before a reply', '|1\r\n+ttl\r\n:3600\r\n*1\r\n:1\r\n', [1]],
  ['an attribute inside of a reply', '*2\r\n:1\r\n|1\r\n+ttl\r\n*1\r\n:3600\r\n:2\r\n', [1, 2]],
];

describe('a reader of replies', () => {
  for (const [name, bytes, value] of REPLIES) {
    test(`reads ${name}, whole and cut anywhere`, () => {
      assert.deepEqual(read(bytes).replies, [value]);
      const everywhere = Array.from({ length: Buffer.byteLength(bytes) - 1 }, (_, index) => index + 1);
      assert.deepEqual(read(bytes, everywhere).replies, [value]);
      for (const cut of everywhere) assert.deepEqual(read(bytes, [cut]).replies, [value]);
    });
  }

  test('reads errors, of both kinds and inside of arrays', () => {
    const { replies } = read('-WRONGTYPE no\r\n!5\r\nERR x\r\n*1\r\n-EXECABORT\r\n');
    const [line, bulk, array] = replies as [ReplyError, ReplyError, ReplyError[]];
    assert.ok(line instanceof ReplyError && bulk instanceof ReplyError && array[0] instanceof ReplyError);
    assert.deepEqual([line.message, line.prefix], ['WRONGTYPE no', 'WRONGTYPE']);
    assert.deepEqual([bulk.message, bulk.prefix], ['ERR x', 'ERR']);
    assert.deepEqual([array[0].message, array[0].prefix], ['EXECABORT', 'EXECABORT']);
  });

  test('gives Buffers where they are wanted, of which nothing is shared', () => {
    const bytes = Buffer.from('$2\r\n\xff\xfe\r\n+OK\r\n*1\r\n$1\r\na\r\n>1\r\n$1\r\np\r\n', 'latin1');
    const { replies, pushes } = read(bytes, [3, 7, 20], true);
    assert.deepEqual(replies, [Buffer.from([0xff, 0xfe]), 'OK', [Buffer.from('a')]]);
    assert.deepEqual(pushes, [[Buffer.from('p')]]);
  });

  test('tells pushes from replies', () => {
    const { replies, pushes } = read(':1\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n:2\r\n');
    assert.deepEqual(replies, [1, 2]);
    assert.deepEqual(pushes, [['invalidate', ['k']]]);
  });

  test('collects a long text, in pieces and among others', () => {
    const long = 'rust'.repeat(50_000);
    const bytes = `+OK\r\n*2\r\n$${long.length}\r\n${long}\r\n:1\r\n:7\r\n`;
    for (const cuts of [[], [3], [12, 20], [100_000], [16, 100_000, 199_999, 200_018, 200_020]]) {
      assert.deepEqual(read(bytes, cuts).replies, ['OK', [long, 1], 7]);
    }
  });

  test('any replies, cut anywhere', () => {
    const cases = fc.array(fc.constantFrom(...REPLIES), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(cases, fc.array(fc.nat(), { maxLength: 10 }), (chosen, places) => {
        const bytes = Buffer.from(chosen.map(([, text]) => text).join(''));
        const cuts = places.map((place) => place % bytes.length).sort((a, b) => a - b);
        assert.deepEqual(
          read(bytes, cuts).replies,
          chosen.map(([, , value]) => value),
        );
      }),
    );
  });

  for (const [what, bytes] of [
    ['a type that there is not', '@1\r\n'],
    ['a web page', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a size that is none', '$x\r\n'],
    ['a size of nothing', '$\r\n'],
    ['a negative size', '$-2\r\n'],
    ['a size beyond any', '$99999999999999\r\n'],
    ['a count beyond any', '*99999999999999\r\n'],
    ['a bulk without its end', '$1\r\nab\r\n'],
    ['a carriage return alone', '+a\rb\r\n'],
    ['an integer that is none', ':1x\r\n'],
    ['an integer of nothing', ':\r\n'],
    ['a boolean that is none', '#x\r\n'],
    ['a double that is none', ',1.x\r\n'],
    ['a double of nothing', ',\r\n'],
    ['a big number that is none', '(12a\r\n'],
    ['a verbatim string without format', '=2\r\nab\r\n'],
    ['a push inside of a reply', '*1\r\n>1\r\n:1\r\n'],
    ['too many levels', '*1\r\n'.repeat(129)],
    ['a streamed string, which nobody sends', '$?\r\n'],
    ['a line without end', '+'.padEnd(1024 * 1024 + 3, 'x')],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert.throws(() => read(bytes), ProtocolError);
    });
  }
});
