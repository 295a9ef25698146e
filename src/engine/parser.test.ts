import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ARGUMENT_COUNT_MAX,
  LINE_BYTES_MAX,
  MODE_RESP,
  MODE_TEXT,
  MODE_UNDECIDED,
  PARSE_DONE,
  PARSE_EMPTY,
  PARSE_ERROR,
  PARSE_MORE,
  Parser,
} from './parser.js';

/** What a stream of bytes comes to: requests as lists of byte strings, then an error, or how it was left. */
type Outcome = { requests: string[][]; error: string; left: number };

const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const request = (...words: string[]): string => `*${words.length}\r\n${words.map(bulk).join('')}`;

/**
 * Parses a stream that arrives cut at `cuts`, as a connection does: the rest of a request is moved to a new place whenever more
 * bytes come, and what lies beside the bytes received is noise.
 */
function parseStream(text: string, cuts: readonly number[], parser = new Parser()): Outcome {
  const requests: string[][] = [];
  const all = toBytes(text);
  let pending: Uint8Array = new Uint8Array(0);
  let previous = 0;
  for (const [turn, cut] of [...cuts, all.length].entries()) {
    const from = turn % 3;
    const buffer = new Uint8Array(from + pending.length + (cut - previous) + 8).fill(0x0d);
    buffer.set(pending, from);
    buffer.set(all.subarray(previous, cut), from + pending.length);
    previous = cut;
    const to = buffer.length - 8;
    let at = from;
    for (;;) {
      const result = parser.parse(buffer, at, to);
      if (result === PARSE_ERROR) return { requests, error: parser.errorText, left: 0 };
      if (result === PARSE_MORE) {
        assert.ok(parser.needed > to - at, 'needed is more than there is');
        break;
      }
      assert.ok(parser.next > at && parser.next <= to);
      if (result === PARSE_DONE) requests.push(argumentsOf(parser, buffer));
      else assert.equal(result, PARSE_EMPTY);
      at = parser.next;
    }
    pending = buffer.slice(at, to);
  }
  return { requests, error: '', left: pending.length };
}

function argumentsOf(parser: Parser, bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let index = 0; index < parser.argumentCount; index++) {
    const offset = parser.argumentOffset[index]!;
    words.push(Buffer.from(bytes).toString('latin1', offset, offset + parser.argumentSize[index]!));
  }
  return words;
}

function whole(text: string): Outcome {
  return parseStream(text, []);
}

function byteByByte(text: string): Outcome {
  return parseStream(
    text,
    Array.from({ length: text.length }, (_, index) => index),
  );
}

function requestsOf(text: string): string[][] {
  const { requests, error, left } = whole(text);
  assert.equal(error, '');
  assert.equal(left, 0);
  return requests;
}

function errorOf(text: string, parser = new Parser()): string {
  const { error } = parseStream(text, [], parser);
  return error;
}

test('arrays of bulk strings, pipelined, with any bytes in them', () => {
  const stream = request('SET', 'k\r\n', '\0\xff') + request('PING') + request('ECHO', '');
  assert.deepEqual(requestsOf(stream), [['SET', 'k\r\n', '\0\xff'], ['PING'], ['ECHO', '']]);
});

test('arrays without elements are ignored', () => {
  assert.deepEqual(requestsOf(`*0\r\n*-1\r\n*-7\r\n*-9223372036854775808\r\n${request('PING')}`), [['PING']]);
});

test('what follows the bytes of an element is not looked at, as in Redis', () => {
  assert.deepEqual(requestsOf('*1\rx$4\rxPINGxx*1\r\n$4\r\nPING\r\n'), [['PING'], ['PING']]);
});

test('malformed arrays get the errors of redis-server 7.0.15', () => {
  const count = 'ERR Protocol error: invalid multibulk length';
  const size = 'ERR Protocol error: invalid bulk length';
  const expected: [string, string][] = [
    ['*abc\r\n', count],
    ['*\r\n', count],
    ['*+1\r\n', count],
    ['*01\r\n', count],
    ['* 1\r\n', count],
    ['*2147483648\r\n', count],
    ['*99999999999999999999\r\n', count],
    ['*-99999999999999999999\r\n', count],
    [`*${'1'.repeat(LINE_BYTES_MAX - 1)}\r\n`, count],
    ['*1\r\nfoo\r\n', "ERR Protocol error: expected '$', got 'f'"],
    ['*1\r\n\r\nx', "ERR Protocol error: expected '$', got ' '"],
    ['*1\r\n\n\r\n', "ERR Protocol error: expected '$', got ' '"],
    ['*1\r\n\xff\r\n', "ERR Protocol error: expected '$', got '\xff'"],
    ['*1\r\n$abc\r\n', size],
    ['*1\r\n$-1\r\n', size],
    ['*1\r\n$\r\n', size],
    ['*1\r\n$01\r\n', size],
    ['*1\r\n$-0\r\n', size],
    ['*1\r\n$536870913\r\n', size],
    ['*1\r\n$9223372036854775807\r\n', size],
    [`*${'1'.repeat(70_000)}`, 'ERR Protocol error: too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(70_000)}`, 'ERR Protocol error: too big bulk count string'],
    [`*1\r\nx${'1'.repeat(70_000)}`, 'ERR Protocol error: too big bulk count string'],
    [`*0\r\n${'x'.repeat(70_000)}`, 'ERR Protocol error: too big inline request'],
  ];
  for (const [text, error] of expected) assert.equal(errorOf(text), error, JSON.stringify(text.slice(0, 40)));
});

test('incomplete requests are waited for', () => {
  for (const text of [
    '*',
    '*2147483',
    '*1\r',
    '*1\r\n',
    '*1\r\n$',
    '*1\r\n$4\r\nPING\r',
    '*1\n$4\nPING\n',
    'PING\r',
  ]) {
    const { requests, error, left } = whole(text);
    assert.deepEqual([requests, error, left], [[], '', text.length]);
  }
});

test('nothing is parsed after an error', () => {
  const parser = new Parser();
  const bytes = toBytes(`*x\r\n${request('PING')}`);
  assert.equal(parser.parse(bytes, 0, bytes.length), PARSE_ERROR);
  assert.equal(parser.parse(bytes, 4, bytes.length), PARSE_ERROR);
  parser.reset();
  assert.equal(parser.parse(bytes, 4, bytes.length), PARSE_DONE);
});

test('before authentication an array has at most 10 elements of 16384 bytes', () => {
  const guest = (): Parser => Object.assign(new Parser(), { authenticated: false });
  assert.equal(errorOf('*11\r\n', guest()), 'ERR Protocol error: unauthenticated multibulk length');
  assert.equal(errorOf('*10\r\n$16385\r\n', guest()), 'ERR Protocol error: unauthenticated bulk length');
  assert.equal(errorOf('*10\r\n$16384\r\n', guest()), '');
  assert.equal(errorOf('*9999999999\r\n', guest()), 'ERR Protocol error: invalid multibulk length');
  assert.equal(errorOf('*1\r\n$999999999\r\n', guest()), 'ERR Protocol error: invalid bulk length');
});

test('the limits on one element and on one request hold before their bytes arrive', () => {
  const small = Object.assign(new Parser(), { bulkBytesMax: 100_000 });
  assert.equal(errorOf('*1\r\n$100000\r\n', small), '');
  small.reset();
  assert.equal(errorOf('*1\r\n$100001\r\n', small), 'ERR Protocol error: invalid bulk length');
  const short = Object.assign(new Parser(), { requestBytesMax: 50 });
  assert.equal(
    errorOf('*2\r\n$3\r\nSET\r\n$40\r\n', short),
    'ERR Protocol error: request exceeds client-query-buffer-limit',
  );
});

test('an announced count takes no memory before the elements arrive', () => {
  const parser = new Parser();
  const bytes = toBytes(`*${ARGUMENT_COUNT_MAX}\r\n$1\r\na\r\n`);
  assert.equal(parser.parse(bytes, 0, bytes.length), PARSE_MORE);
  assert.ok(parser.argumentOffset.length <= 16);
  assert.equal(parser.needed, bytes.length + 1);
});

test('many elements are kept in order, and the memory for them is given back', () => {
  const words = Array.from({ length: 5000 }, (_, index) => String(index));
  const parser = new Parser();
  const text = request(...words);
  const outcome = parseStream(text + request('PING'), [1000, 1001, 20_000, text.length - 1], parser);
  assert.deepEqual(outcome.requests, [words, ['PING']]);
  assert.ok(parser.argumentOffset.length <= 1024);
});

test('what a long request has needed is given back without waiting for the next one, but not before it is complete', () => {
  const text = request(...Array.from({ length: 5000 }, (_, index) => String(index)));
  const bytes = toBytes(text);
  const parser = new Parser();
  assert.equal(parser.parse(bytes, 0, bytes.length - 3), PARSE_MORE);
  assert.equal(parser.argumentBytes, 2 * 8192 * 4);
  parser.giveBack();
  assert.equal(parser.parse(bytes, 0, bytes.length), PARSE_DONE);
  assert.equal(parser.argumentCount, 5000);
  assert.equal(parser.argumentSize[4999], 4);
  parser.giveBack();
  assert.equal(parser.argumentBytes, 0);
});

test('needed tells the size of a large element from its head', () => {
  const parser = new Parser();
  const head = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n';
  const bytes = toBytes(`xx${head}abc`);
  assert.equal(parser.parse(bytes, 2, bytes.length), PARSE_MORE);
  assert.equal(parser.needed, head.length + 1_000_002);
});

test('a request that arrives slowly is not parsed again from its start', () => {
  const parser = new Parser();
  const text = request('SET', 'k', 'v'.repeat(20_000));
  const bytes = toBytes(text);
  for (let to = 1; to < bytes.length; to++) {
    assert.equal(parser.parse(bytes, 0, to), PARSE_MORE);
    if (to === 20) bytes.fill(0, 0, 19); // *3, SET and k have been seen: their framing is not needed any more
  }
  assert.equal(parser.parse(bytes, 0, bytes.length), PARSE_DONE);
  assert.equal(parser.argumentCount, 3);
  assert.equal(parser.argumentSize[2], 20_000);
});

test('lines are split as Redis splits inline commands', () => {
  const expected: [string, string[]][] = [
    ['PING', ['PING']],
    ['  SET\tk   v  ', ['SET', 'k', 'v']],
    ['ECHO ""', ['ECHO', '']],
    ['ECHO "a b"', ['ECHO', 'a b']],
    ['ECHO "\\n\\r\\t\\b\\a\\x41\\q\\"\\\\"', ['ECHO', '\n\r\t\b\x07Aq"\\']],
    ['ECHO "a\\x4"', ['ECHO', 'ax4']],
    ['ECHO "\\xfF\\xZZ"', ['ECHO', '\xffxZZ']],
    ["ECHO 'a\\'b\\n'", ['ECHO', "a'b\\n"]],
    ['ECHO a"b c"', ['ECHO', 'ab c']],
    ['ECHO "a"\x0b', ['ECHO', 'a']],
    ['ECHO \x0ba\x0bb', ['ECHO', 'a\x0bb']],
    ['ECHO a\\ b', ['ECHO', 'a\\', 'b']],
    ['\rPING\r', ['PING']],
    ['ECHO a\0b "\0"', ['ECHO', 'a\0b', '\0']],
  ];
  for (const [line, words] of expected) {
    for (const end of ['\n', '\r\n']) assert.deepEqual(requestsOf(line + end), [words], JSON.stringify(line));
  }
});

test('quotes that are not closed, or closed before something else than a blank, are an error', () => {
  for (const line of [
    'PING "a',
    'PING "a"b',
    "PING 'a",
    "PING 'a'b",
    'PING "a\\',
    'PING "a\\"',
    'PING "a""b"',
  ]) {
    assert.equal(errorOf(`${line}\r\n`), 'ERR Protocol error: unbalanced quotes in request', line);
  }
});

test('blank lines are ignored, a line may have 65536 bytes and no more', () => {
  assert.deepEqual(requestsOf('\r\n\n  \r\nPING\r\n'), [['PING']]);
  const longest = 'x'.repeat(LINE_BYTES_MAX);
  assert.deepEqual(requestsOf(`${longest}\n`), [[longest]]);
  assert.equal(errorOf(`x${longest}\n`), 'ERR Protocol error: too big inline request');
  assert.equal(errorOf(`x${longest}`), 'ERR Protocol error: too big inline request');
});

test('the first byte of the connection decides: in RESP every request says what it is, in text a star is text', () => {
  const parser = new Parser();
  assert.equal(parser.mode, MODE_UNDECIDED);
  assert.deepEqual(parseStream(`${request('PING')}PING x\r\n${request('PING')}`, [], parser).requests, [
    ['PING'],
    ['PING', 'x'],
    ['PING'],
  ]);
  assert.equal(parser.mode, MODE_RESP);
  parser.reset();
  assert.deepEqual(parseStream('KEYS\n*1\r\n', [], parser).requests, [['KEYS'], ['*1']]);
  assert.equal(parser.mode, MODE_TEXT);
  parser.reset();
  parser.mode = MODE_RESP;
  assert.deepEqual(parseStream(`PING\r\n${request('PING')}`, [], parser).requests, [['PING'], ['PING']]);
});

test('a stream cut anywhere, or one byte at a time, is the same stream', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab \r\n"\'\\x4$*0\0\xff'), maxLength: 12 });
  const array = fc.array(word, { maxLength: 20 }).map((words) => request(...words));
  const line = fc.tuple(word, fc.constantFrom('\n', '\r\n')).map(([text, end]) => text + end);
  const junk = fc.string({ unit: fc.constantFrom(...'*$0123-\r\n"x'), maxLength: 10 });
  const stream = fc
    .array(
      fc.oneof(
        { weight: 5, arbitrary: array },
        { weight: 3, arbitrary: line },
        { weight: 1, arbitrary: junk },
      ),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400), { maxLength: 6 }), (text, places) => {
      const expected = whole(text);
      assert.deepEqual(byteByByte(text), expected);
      const cuts = places.filter((place) => place < text.length).sort((left, right) => left - right);
      assert.deepEqual(parseStream(text, cuts), expected);
    }),
    { numRuns: 1500 },
  );
});

test('a valid stream cut at every byte is the same stream', () => {
  const text =
    request('SET', 'key', 'x'.repeat(12)) +
    'ECHO "a\\x41" \'b\'\r\n\r\n*0\r\n' +
    request('MGET', '', '\r\n', '$3');
  const expected = whole(text);
  assert.equal(expected.requests.length, 3);
  for (let cut = 0; cut <= text.length; cut++)
    assert.deepEqual(parseStream(text, [cut]), expected, `cut at ${cut}`);
});

test('long lines and counts that arrive byte by byte meet their limits at the same byte', () => {
  const parser = new Parser();
  const bytes = toBytes('x'.repeat(LINE_BYTES_MAX + 2));
  for (let to = 1; to <= LINE_BYTES_MAX; to++) assert.equal(parser.parse(bytes, 0, to), PARSE_MORE);
  assert.equal(parser.parse(bytes, 0, LINE_BYTES_MAX + 1), PARSE_ERROR);
});
