import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../../base/bytes.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';
import { ItemReader } from '../wal/log-items.js';
import { LineDecoder } from './decode.js';
import { type LineTarget, LineWriter } from './line-writer.js';

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

/** A target that hands over each line, and often moves what is to be written next. */
class Lines implements LineTarget {
  readonly buffer: Uint8Array = Buffer.alloc(1024 * 1024);
  size = 0;
  keys = 0;
  private readonly pieces: Buffer[] = [];

  reserve(bytes: number): void {
    assert.ok(bytes <= this.buffer.length);
    this.pieces.push(Buffer.from(this.buffer.subarray(0, this.size)));
    // Whoever counts on more room than was reserved is found out.
    this.buffer.fill(0xee);
    this.size = 0;
  }

  endEntry(isKey: boolean): void {
    if (isKey) this.keys += 1;
  }

  take(): Buffer {
    this.reserve(0);
    return Buffer.concat(this.pieces.splice(0));
  }
}

const lines = new Lines();
const writer = new LineWriter(lines);

function encode({ database, key, value, deadline }: Entry): Buffer {
  const source = Buffer.concat([Buffer.from('xxx'), key, value, Buffer.from('"rest')]);
  writer.open(database, source, viewOf(source), 3, key.length);
  writer.value(source, viewOf(source), 3 + key.length, value.length);
  writer.close(deadline);
  return lines.take();
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
    fc.property(entry, (given) => {
      const line = encode(given);
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
      const line = encode(given);
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
    ['{"key":"a","value":"b","items":[]}\n', /member "items"/],
    ['{"key":"a","value":"b"}', /no end/],
  ];
  for (const [line, message] of wrong) assert.throws(() => decode(Buffer.from(line), true), message, line);
  const bad = Buffer.from('{"key":"a","value64":"a*=="}\n');
  assert.equal(new LineDecoder().decode(bad, 0, bad.length), -2);
});

/** A line of a collection: a score or a deadline belongs to the item, or the field and value, before it. */
interface Collection {
  readonly type: number;
  readonly key: Buffer;
  readonly isMore: boolean;
  readonly label: number;
  readonly areDated: boolean;
  readonly elements: readonly { readonly items: readonly Buffer[]; readonly number: number }[];
  readonly deadline: number;
}

const score = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.tuple(fc.integer(), fc.nat(25)).map(([digits, places]) => Number(`${digits}e-${places}`)),
  fc.constantFrom(
    -0,
    0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53 - 1,
    2 ** 53,
    5e-324,
    0.1,
    1e21,
  ),
);
/** Records that are objects as literals make them. */
const ORDINARY = { noNullPrototype: true };

const collection: fc.Arbitrary<Collection> = fc
  .record({
    type: fc.constantFrom(TYPE_LIST, TYPE_SET, TYPE_ZSET, TYPE_HASH),
    isDated: fc.boolean(),
    isPiece: fc.boolean(),
  })
  .chain(({ type, isDated, isPiece }) => {
    const areDated = isDated && type === TYPE_HASH;
    const hasNumber = areDated || type === TYPE_ZSET;
    const width = type === TYPE_HASH ? 2 : 1;
    return fc.record(
      {
        type: fc.constant(type),
        key: bytes,
        isMore: fc.boolean(),
        label:
          type === TYPE_LIST && isPiece
            ? fc.double({ noNaN: true, noDefaultInfinity: true })
            : fc.constant(Number.NaN),
        areDated: fc.constant(areDated),
        elements: fc.array(
          fc.record(
            {
              items: fc.array(bytes, { minLength: width, maxLength: width }),
              number: areDated ? fc.integer({ min: 1, max: 2 ** 45 }) : hasNumber ? score : fc.constant(0),
            },
            ORDINARY,
          ),
          { minLength: 1, maxLength: 8 },
        ),
        deadline: fc.constantFrom(0, 1_924_992_000_000),
      },
      ORDINARY,
    );
  });

function encodeCollection(given: Collection): Buffer {
  writer.open(2, given.key, viewOf(given.key), 0, given.key.length);
  writer.openItems(given.type, given.isMore, given.label, given.areDated);
  for (const { items, number } of given.elements) {
    for (const item of items) {
      if (/^[1-9]\d{0,14}$/.test(item.toString('latin1'))) writer.integer(Number(item.toString()));
      else writer.item(item, viewOf(item), 0, item.length);
    }
    if (given.areDated || given.type === TYPE_ZSET) writer.number(number);
  }
  writer.closeItems();
  writer.close(given.deadline);
  return lines.take();
}

function decodeCollection(line: Buffer, parse: boolean): Collection {
  const decoder = new LineDecoder();
  const copy = Buffer.from(line);
  const next = parse ? decoder.parse(copy, 0, copy.length) : decoder.decode(copy, 0, copy.length);
  assert.equal(next, line.length, line.toString());
  const { keySource, keyOffset, keySize, type, isMore, label, areDated, deadline } = decoder;
  const reader = new ItemReader();
  const source = decoder.valueSource;
  reader.begin(viewOf(source), decoder.valueOffset, decoder.valueSize);
  const elements: { items: Buffer[]; number: number }[] = [];
  while (reader.hasMore()) {
    const number = areDated || type === TYPE_ZSET ? reader.nextDouble() : 0;
    const items: Buffer[] = [];
    for (let left = type === TYPE_HASH ? 2 : 1; left > 0; left--) {
      assert.ok(reader.nextItem());
      items.push(Buffer.from(source.subarray(reader.offset, reader.offset + reader.size)));
    }
    elements.push({ items, number });
  }
  assert.equal(decoder.elementCount, elements.length);
  const key = Buffer.from(keySource.subarray(keyOffset, keyOffset + keySize));
  return { type, key, isMore, label, areDated, elements, deadline };
}

test('lines of collections come back with the same items, by the fast and by the general reader', () => {
  fc.assert(
    fc.property(collection, (given) => {
      const line = encodeCollection(given);
      assert.deepEqual(decodeCollection(line, false), given);
      assert.deepEqual(decodeCollection(line, true), given);
    }),
    { numRuns: 3000 },
  );
});

test('a line of a collection is JSON that says what it is', () => {
  const item = (text: string) => ({ items: [Buffer.from(text, 'latin1')], number: -0 });
  const common = { key: Buffer.from('k'), isMore: false, label: Number.NaN, areDated: false, deadline: 0 };
  const elements = [item('a'), item('7'), item('\xff')];
  const pair = { items: [Buffer.from('f'), Buffer.from('v')], number: 5 };
  const expected: [Collection, string][] = [
    [{ ...common, type: TYPE_SET, elements }, '"set","items":["a","7",{"base64":"/w=="}]}'],
    [
      { ...common, type: TYPE_LIST, elements, label: 1.5, isMore: true },
      '"list","more":true,"label":1.5,"items":["a","7",{"base64":"/w=="}]}',
    ],
    [
      {
        ...common,
        type: TYPE_ZSET,
        elements: [item('a'), { ...item('b'), number: Number.NEGATIVE_INFINITY }],
      },
      '"zset","items":["a",-0,"b","-inf"]}',
    ],
    [
      { ...common, type: TYPE_HASH, elements: [pair], deadline: 9 },
      '"hash","items":["f","v"],"expiresAt":9}',
    ],
    [{ ...common, type: TYPE_HASH, elements: [pair], areDated: true }, '"hash","deadlines":["f","v",5]}'],
  ];
  for (const [given, rest] of expected) {
    const line = encodeCollection(given);
    assert.equal(text(line), `{"db":2,"key":"k","type":${rest}\n`);
    assert.doesNotThrow(() => JSON.parse(text(line)));
  }
});

test('an item of any size is cut into pieces', () => {
  for (const unit of ['é', '\u0000', 'plain', '\xff']) {
    const large = Buffer.from(unit.repeat(200_000), unit === '\xff' ? 'latin1' : 'utf8');
    const given: Collection = {
      type: TYPE_HASH,
      key: large,
      isMore: false,
      label: Number.NaN,
      areDated: true,
      elements: [{ items: [large, large], number: 77 }],
      deadline: 5,
    };
    const line = encodeCollection(given);
    assert.ok(line.length <= large.length * 4 + 200);
    assert.deepEqual(decodeCollection(line, false), given);
  }
});

test('a collection in another spelling is left to the general reader', () => {
  const spellings = [
    '{"type":"hash","key":"k","items":["f","v"]}\n',
    '{"key":"k","type":"hash","items":["f", "v"]}\n',
    '{"key":"k","type":"hash","items":["f","v"],"more":false}\n',
    '{"key":"k","items":["\\u0066","v"],"type":"hash"}\n',
    '{"key":"k","type":"hash","items":[{"base64":"Zg=="},{ "base64":"dg==" }]}\n',
  ];
  for (const line of spellings) {
    const copy = Buffer.from(line);
    assert.equal(new LineDecoder().decode(copy, 0, copy.length), -1, line);
    assert.equal(copy.toString(), line);
    assert.deepEqual(decodeCollection(copy, true).elements, [
      { items: [Buffer.from('f'), Buffer.from('v')], number: 0 },
    ]);
  }
});

test('a wrong line of a collection is refused with what is wrong', () => {
  const wrong: [string, RegExp][] = [
    ['"type":"list"', /the line needs "items"/],
    ['"type":"hash"', /either "items" or "deadlines"/],
    ['"type":"hash","items":["f","v"],"deadlines":["f","v",1]', /either "items" or "deadlines"/],
    ['"type":"stream","items":["a"]', /"type" is not/],
    ['"type":1,"items":["a"]', /"type" is not/],
    ['"type":"set","items":[]', /"items" is not a list with something in it/],
    ['"type":"set","items":"a"', /"items" is not a list/],
    ['"type":"set","items":[1]', /item 0 of "items" is neither a string nor/],
    ['"type":"set","items":[{"base64":"YQ==","x":1}]', /item 0 of "items" is neither/],
    ['"type":"set","items":["a",{"base64":"Y"}]', /item 1 of "items" is not base64/],
    ['"type":"set","items":["\\ud800"]', /item 0 of "items" is not a valid string/],
    ['"type":"hash","items":["f"]', /"items" has 1 items, which is no multiple of 2/],
    ['"type":"zset","items":["m",1,"n"]', /"items" has 3 items, which is no multiple of 2/],
    ['"type":"zset","items":["m","1"]', /item 1 of "items" is not a score/],
    ['"type":"hash","deadlines":["f","v"]', /"deadlines" has 2 items, which is no multiple of 3/],
    ['"type":"hash","deadlines":["f","v",0]', /item 2 of "deadlines" is not a time/],
    ['"type":"set","deadlines":["f","v",1]', /only a hash has "deadlines"/],
    ['"type":"set","label":1,"items":["a"]', /only a list has a "label"/],
    ['"type":"list","label":"1","items":["a"]', /"label" is not a number/],
    ['"type":"list","more":1,"items":["a"]', /"more" is not true or false/],
    ['"type":"list","items":["a"],"value":"b"', /member "value"/],
  ];
  for (const [members, message] of wrong) {
    const line = Buffer.from(`{"key":"a",${members}}\n`);
    assert.equal(new LineDecoder().decode(Buffer.from(line), 0, line.length) < 0, true, members);
    assert.throws(() => decode(line, true), message, members);
  }
});
