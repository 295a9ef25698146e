import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineDecoder } from './decode.js';
import { LINE_BYTES_MAX, LineEncoder, PIECE_LINE_BYTES_MAX, PieceEncoder } from './encode.js';

interface Entry {
  readonly database: number;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly deadline: number;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text)),
  fc.string({ maxLength: 90 }).map((text) => Buffer.from(text)),
  fc
    .string({ unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\u007f', 'é', 'a'), maxLength: 20 })
    .map((text) => Buffer.from(text)),
);
const entry: fc.Arbitrary<Entry> = fc.record({
  database: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 63 })),
  key: bytes,
  value: bytes,
  deadline: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 2 ** 48 }),
    fc.constantFrom(1.5, Number.MAX_SAFE_INTEGER, 2 ** 63, 1e300),
  ),
});

const target = Buffer.alloc(LINE_BYTES_MAX + 5);

function encode({ database, key, value, deadline }: Entry): Buffer {
  const source = Buffer.concat([Buffer.from('xxx'), key, value, Buffer.from('"rest')]);
  const end = new LineEncoder(source, target).encode(5, database, deadline, 3, key.length, value.length);
  return Buffer.from(target.subarray(5, end));
}

function encodeInPieces({ database, key, value, deadline }: Entry): Buffer {
  const encoder = new PieceEncoder();
  encoder.begin(database, deadline, Buffer.concat([key, value]), 0, key.length, value.length);
  const pieces: Buffer[] = [];
  while (!encoder.done) {
    const piece = Buffer.alloc(PIECE_LINE_BYTES_MAX);
    pieces.push(piece.subarray(0, encoder.next(piece, 0)));
  }
  return Buffer.concat(pieces);
}

function decode(line: Buffer, parse: boolean): Entry & { readonly next: number } {
  const decoder = new LineDecoder();
  const copy = Buffer.from(line);
  const next = parse ? decoder.parse(copy, 0, copy.length) : decoder.decode(copy, 0, copy.length);
  const { keySource, keyOffset, keySize, valueSource, valueOffset, valueSize } = decoder;
  return {
    database: decoder.database,
    key: Buffer.from(keySource.subarray(keyOffset, keyOffset + keySize)),
    value: Buffer.from(valueSource.subarray(valueOffset, valueOffset + valueSize)),
    deadline: decoder.deadline,
    next,
  };
}

function text(line: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(line);
}

function member(line: Record<string, unknown>, name: string): Buffer {
  return line[name] === undefined
    ? Buffer.from(line[`${name}64`] as string, 'base64')
    : Buffer.from(line[name] as string);
}

function isUtf8(value: Buffer): boolean {
  return Buffer.from(value.toString('utf8')).equals(value);
}

test('a line is JSON that means the entry, whatever its bytes', () => {
  fc.assert(
    fc.property(entry, (given) => {
      const line = encode(given);
      const parsed = JSON.parse(text(line)) as Record<string, unknown>;
      assert.equal(line.at(-1), 0x0a);
      assert.deepEqual(member(parsed, 'key'), given.key);
      assert.deepEqual(member(parsed, 'value'), given.value);
      assert.equal('key' in parsed, isUtf8(given.key));
      assert.equal('value' in parsed, isUtf8(given.value));
      assert.equal(parsed['db'] ?? 0, given.database);
      assert.equal(parsed['expiresAt'] ?? 0, given.deadline);
    }),
    { numRuns: 2000 },
  );
});

test('lines come back as the same entry, by the fast and by the general reader', () => {
  fc.assert(
    fc.property(entry, fc.boolean(), (given, inPieces) => {
      const line = inPieces ? encodeInPieces(given) : encode(given);
      const expected = { ...given, next: line.length };
      assert.deepEqual(decode(line, true), expected);
      if (given.deadline < 1e15 && Number.isInteger(given.deadline))
        assert.deepEqual(decode(line, false), expected);
    }),
    { numRuns: 2000 },
  );
});

test('UTF-8 is told from other bytes exactly', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const check = (value: Buffer): void => {
    let valid = true;
    try {
      decoder.decode(value);
    } catch {
      valid = false;
    }
    const line = encode({ database: 0, key: Buffer.from('k'), value, deadline: 0 });
    assert.equal(line.includes('"value64"'), !valid, value.toString('hex'));
  };
  for (let first = 0x80; first < 0x100; first++) {
    check(Buffer.from([first]));
    for (let second = 0; second < 0x100; second++) check(Buffer.from([first, second]));
  }
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  for (let first = 0xe0; first < 0xf8; first++) {
    for (const second of edges) {
      for (const third of edges) {
        check(Buffer.from([first, second, third]));
        for (const fourth of edges) check(Buffer.from([first, second, third, fourth]));
      }
    }
  }
});

test('long entries are cut into pieces, and take at most four thirds of their size', () => {
  const sizes = [98_303, 98_304, 98_305, 400_000];
  for (const size of sizes) {
    for (const unit of ['é', '\u0000', '"', 'plain', '𝄞']) {
      const key = Buffer.from(unit.repeat(Math.ceil(size / Buffer.byteLength(unit))));
      const value = Buffer.concat([Buffer.from([0xff]), key]);
      const given = { database: 3, key, value, deadline: 77 };
      const line = encodeInPieces(given);
      assert.ok(line.length <= ((key.length + value.length) * 4) / 3 + 100);
      assert.deepEqual(decode(line, false), { ...given, next: line.length });
      assert.deepEqual(decode(line, true), { ...given, next: line.length });
    }
  }
});

test('a line in another spelling is left alone by the fast reader, and read by the general one', () => {
  const lines = [
    '{ "key": "a", "value": "b" }\n',
    '{"value":"b","key":"a"}\n',
    '{"key":"\\u0061","value":"b"}\n',
    '{"key":"a","value":"b","expiresAt":9007199254740993}\n',
    '{"db":0,"value64":"Yg==","key64":"YQ=="}\n',
    '{"key":"a","value":"b","db":0}\n',
    '{"key":"a","value":"\\u0062"}\n',
    '{"key":"a","value":"b"}\r\n',
  ];
  for (const line of lines) {
    const copy = Buffer.from(line);
    assert.equal(new LineDecoder().decode(copy, 0, copy.length), -1, line);
    assert.equal(copy.toString(), line);
    const { key, value } = decode(copy, true);
    assert.equal(`${key}${value}`, 'ab', line);
  }
});

test('a wrong line is refused with what is wrong', () => {
  const wrong: [string, RegExp][] = [
    ['nonsense\n', /not JSON/],
    ['[]\n', /not a JSON object/],
    ['{"key":"a"}\n', /"value" or "value64"/],
    ['{"key":"a","key64":"YQ==","value":"b"}\n', /"key" or "key64"/],
    ['{"key":"a","value":1}\n', /"value" is not a valid string/],
    ['{"key":"a","value":"\\ud800"}\n', /"value" is not a valid string/],
    ['{"key":"a","value64":"b"}\n', /"value64" is not base64/],
    ['{"key":"a","value":"b","expiresAt":0}\n', /"expiresAt"/],
    ['{"key":"a","value":"b","db":-1}\n', /"db"/],
    ['{"key":"a","value":"b","type":"list"}\n', /member "type"/],
    ['{"key":"a","value":"b"}', /no end/],
  ];
  for (const [line, message] of wrong) assert.throws(() => decode(Buffer.from(line), true), message, line);
  const bad = Buffer.from('{"key":"a","value64":"a*=="}\n');
  assert.equal(new LineDecoder().decode(bad, 0, bad.length), -2);
});
