import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { PackedItem } from './packed-item.js';
import {
  backwardBytes,
  elementAt,
  find,
  PackedCursor,
  replaceRange,
  skip,
  skipBack,
  writeBackwardSize,
} from './packed-list.js';

/** An element of the model: a number is an integer, a string text, and what says raw was never classified. */
type Element = number | string | { readonly raw: string };

const item = new PackedItem();
const cursor = new PackedCursor();

/** Lists begin here in a test's buffer, so that nothing works only at 0. */
const START = 5;
const GUARD = 0xee;

function setItem(element: Element): void {
  if (typeof element === 'number') {
    item.setInteger(element);
    return;
  }
  // Three bytes before the text and two after it, all of them digits.
  const isRaw = typeof element === 'object';
  const bytes = Uint8Array.from(Buffer.from(`777${isRaw ? element.raw : element}77`, 'latin1'));
  if (isRaw) item.setRaw(viewOf(bytes), 3, bytes.length - 5);
  else item.setBytes(bytes, viewOf(bytes), 3, bytes.length - 5);
}

/** What makes two elements equal: integers in any spelling of the model, texts by their bytes. */
function identityOf(element: Element): string {
  if (typeof element === 'object') return `text ${element.raw}`;
  const value = Number(element);
  const isInteger = Number.isSafeInteger(value) && String(value) === String(element);
  return isInteger ? `integer ${value}` : `text ${element}`;
}

/** A list in a buffer of its own, which ends where the list ends: a read beyond it throws. */
class List {
  readonly bytes: Uint8Array;
  readonly data: DataView;
  readonly end: number;

  constructor(elements: readonly Element[]) {
    let size = START;
    for (const element of elements) {
      setItem(element);
      size += item.encodedBytes;
    }
    this.bytes = new Uint8Array(size);
    this.data = viewOf(this.bytes);
    let at = START;
    for (const element of elements) {
      setItem(element);
      const end = item.write(this.data, at);
      assert.equal(end, at + item.encodedBytes);
      at = end;
    }
    this.end = at;
  }
}

/** The identity of what the cursor has read. Its text form is checked on the way. */
function identityRead(): string {
  const target = new Uint8Array(cursor.textSize() + 8).fill(GUARD);
  const end = cursor.copyText(target, 4);
  assert.equal(end, target.length - 4);
  assert.deepEqual([...target.slice(0, 4), ...target.slice(end)], Array(8).fill(GUARD));
  const text = Buffer.from(target.slice(4, end)).toString('latin1');
  assert.ok(cursor.equalsText(target, viewOf(target), 4, end - 4));
  assert.ok(!cursor.equalsText(target, viewOf(target), 4, end - 3));
  for (const at of end > 4 ? [4, end - 1] : []) {
    assert.ok(!cursor.equalsText(target, viewOf(target), 4, end - 5));
    const other = target.slice();
    other[at]! ^= 1;
    assert.ok(!cursor.equalsText(other, viewOf(other), 4, end - 4));
  }
  if (!cursor.isInteger) return `text ${text}`;
  assert.equal(text, String(cursor.integer));
  return `integer ${cursor.integer}`;
}

/** Reads the list forwards, backwards and by position, and compares it with the model. */
function checkContents(data: DataView, start: number, end: number, elements: readonly Element[]): void {
  const identities = elements.map(identityOf);
  const starts: number[] = [];
  const forwards: string[] = [];
  for (let at = start; at < end; at = cursor.end) {
    cursor.read(data, at);
    assert.equal(cursor.start, at);
    assert.equal(skip(data, at), cursor.end);
    assert.equal(skipBack(data, cursor.end), at);
    starts.push(at);
    forwards.push(identityRead());
  }
  assert.deepEqual(forwards, identities);
  const backwards: string[] = [];
  for (let at = end; at > start; at = cursor.start) {
    cursor.readBefore(data, at);
    assert.equal(cursor.end, at);
    backwards.push(identityRead());
  }
  assert.deepEqual(backwards.reverse(), identities);
  const byPosition = elements.map((_, index) => elementAt(data, start, end, elements.length, index));
  assert.deepEqual(byPosition, starts);
}

/** Looks for `wanted` in both steps, and compares with what the model finds. */
function checkFind(list: List, elements: readonly Element[], wanted: Element): void {
  const identities = elements.map(identityOf);
  const identity = identityOf(wanted);
  const position = (index: number) =>
    index === -1 ? -1 : elementAt(list.data, START, list.end, elements.length, index);
  setItem(wanted);
  assert.equal(find(list.data, START, list.end, item, 1), position(identities.indexOf(identity)));
  if (elements.length % 2 !== 0) return;
  const field = identities.findIndex((other, index) => index % 2 === 0 && other === identity);
  assert.equal(find(list.data, START, list.end, item, 2), position(field));
}

/** Every integer at which an encoding begins or ends, and its neighbours. */
const INTEGER_LIMITS = [0, 127, 4095, -4096, 2 ** 15, -(2 ** 15), 2 ** 23, -(2 ** 23), 2 ** 31, -(2 ** 31)];
const BOUNDARY_INTEGERS = [
  ...INTEGER_LIMITS.flatMap((limit) => [limit - 1, limit, limit + 1]),
  2 ** 32,
  -(2 ** 32) - 1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
];
/** Texts that look like integers and are none, at least none that a packed list takes for one. */
const NEARLY_INTEGERS = [
  '',
  '-',
  '01',
  '+1',
  '-0',
  '-01',
  ' 1',
  '1 ',
  '1.0',
  '1e3',
  '0x1',
  '12345678901234567890123',
];
const WIDE_INTEGERS = [
  '9007199254740992',
  '-9007199254740992',
  '9223372036854775807',
  '-9223372036854775808',
];
/** Sizes at which the size of a text or of an element needs another form. */
const BOUNDARY_SIZES = [
  0, 1, 2, 3, 4, 13, 14, 15, 62, 63, 64, 65, 123, 124, 125, 126, 4094, 4095, 4096, 4097,
];

/** What a Redis 7.0.15 server has in its listpacks, as DUMP shows it. */
const REDIS_BYTES: readonly (readonly [text: string, hex: string])[] = [
  ['0', '0001'],
  ['127', '7f01'],
  ['128', 'c08002'],
  ['-1', 'dfff02'],
  ['-4096', 'd00002'],
  ['4095', 'cfff02'],
  ['4096', 'f1001003'],
  ['-4097', 'f1ffef03'],
  ['-32769', 'f2ff7fff04'],
  ['8388608', 'f30000800005'],
  ['-2147483649', 'f4ffffff7fffffffff09'],
  ['9007199254740991', 'f4ffffffffffff1f0009'],
  ['-9007199254740991', 'f4010000000000e0ff09'],
  ['', '8001'],
  ['a', '816102'],
  ['01', '82303103'],
  ['+1', '822b3103'],
  ['-0', '822d3003'],
  ['x'.repeat(63), `bf${'78'.repeat(63)}40`],
  ['x'.repeat(64), `e040${'78'.repeat(64)}42`],
  ['x'.repeat(125), `e07d${'78'.repeat(125)}7f`],
  ['x'.repeat(126), `e07e${'78'.repeat(126)}0180`],
  ['x'.repeat(4095), `efff${'78'.repeat(4095)}2081`],
  ['x'.repeat(4096), `f000100000${'78'.repeat(4096)}2085`],
  ['x'.repeat(16377), `f0f93f0000${'78'.repeat(16377)}7ffe`],
  ['x'.repeat(16378), `f0fa3f0000${'78'.repeat(16378)}00ffff`],
];

test("elements are written byte for byte as in Redis's listpacks", () => {
  for (const [text, hex] of REDIS_BYTES) {
    const list = new List([text]);
    assert.equal(Buffer.from(list.bytes.slice(START)).toString('hex'), hex, text.slice(0, 24));
  }
});

test('integers of every width come back, given as numbers or as their digits', () => {
  const list = new List(BOUNDARY_INTEGERS);
  checkContents(list.data, START, list.end, BOUNDARY_INTEGERS);
  assert.deepEqual(new List(BOUNDARY_INTEGERS.map(String)).bytes, list.bytes);
});

test('an integer is in the narrowest form that holds it', () => {
  /** By bytes of the whole element, the least and the greatest integer in that form. */
  const ranges = [
    [2, 0, 127],
    [3, -4096, 4095],
    [4, -(2 ** 15), 2 ** 15 - 1],
    [5, -(2 ** 23), 2 ** 23 - 1],
    [6, -(2 ** 31), 2 ** 31 - 1],
    [10, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ] as const;
  for (const value of BOUNDARY_INTEGERS) {
    item.setInteger(value);
    const narrowest = ranges.find(([, least, greatest]) => value >= least && value <= greatest);
    assert.equal(item.encodedBytes, narrowest?.[0], String(value));
  }
});

test('negative zero as a number is zero', () => {
  setItem(-0);
  const list = new List([0]);
  assert.equal(find(list.data, START, list.end, item, 1), START);
  assert.deepEqual(new List([-0]).bytes, list.bytes);
});

test('texts of every form come back', () => {
  const texts = BOUNDARY_SIZES.map((size) => 'x'.repeat(size));
  const list = new List(texts);
  checkContents(list.data, START, list.end, texts);
});

test('what only looks like an integer stays text, and so do integers beyond 2^53 - 1', () => {
  const texts = [...NEARLY_INTEGERS, ...WIDE_INTEGERS];
  for (const text of texts) {
    setItem(text);
    assert.equal(item.isInteger, false, text);
  }
  const list = new List(texts);
  checkContents(list.data, START, list.end, texts);
  for (const text of texts) checkFind(list, texts, text);
  for (const value of [0, 1, -1]) checkFind(list, texts, value);
});

test('an integer is not found among its look-alikes, nor they for it', () => {
  const elements = ['01', '+1', '-0', '1 ', 1, 0, { raw: '1' }, { raw: '0' }];
  const list = new List(elements);
  for (const element of elements) checkFind(list, elements, element);
  cursor.read(list.data, elementAt(list.data, START, list.end, elements.length, 4));
  for (const text of ['01', '+1', ' 1', '1 ', '-1', '10', '']) {
    const bytes = Buffer.from(text, 'latin1');
    assert.ok(!cursor.equalsText(bytes, viewOf(bytes), 0, bytes.length), text);
  }
});

test('raw text is never taken for an integer', () => {
  const elements = [{ raw: '12345678' }, { raw: '7' }, 7, 12345678];
  const list = new List(elements);
  checkContents(list.data, START, list.end, elements);
  for (const element of elements) checkFind(list, elements, element);
});

test('the first of several equal elements is found, and with a step of 2 fields only', () => {
  const elements = ['value', 'field', 'field', 'value', 'field', 'other', 5, 9, 9, 5];
  const list = new List(elements);
  for (const element of [...elements, 'absent', 6]) checkFind(list, elements, element);
});

test('nothing is found in an empty list', () => {
  const list = new List([]);
  for (const element of ['', 'a', 'x'.repeat(100), 1, 1e6]) checkFind(list, [], element);
  checkContents(list.data, START, list.end, []);
});

test('a text is found among others that begin and end like it', () => {
  const texts = BOUNDARY_SIZES.filter((size) => size > 8).flatMap((size) => {
    const half = 'x'.repeat(size >> 1);
    return ['a', 'b', 'c'].map((middle) => half + middle + 'x'.repeat(size - half.length - 1));
  });
  const list = new List(texts);
  for (const text of texts) checkFind(list, texts, text);
});

test('short elements are told apart by each of their bytes', () => {
  const letters = ['', 'a', 'b'];
  const texts = letters.flatMap((one) => letters.flatMap((two) => letters.map((three) => one + two + three)));
  const integers = [1, 2, 0x100, 0x101, 0x1100, 0x1200, 0x1101, 0x1_0001, 0x1_0002, 0x1_0101, 0x2_0001];
  const elements = [...new Set(texts), ...integers, ...integers.map((integer) => -integer)];
  const list = new List(elements);
  for (const element of elements) checkFind(list, elements, element);
});

test('an integer of 64 bits is found among others that begin and end like it', () => {
  const integers = [0, 1, 2, 3].map((middle) => 2 ** 52 + middle * 2 ** 28);
  const list = new List(integers);
  for (const integer of integers) checkFind(list, integers, integer);
});

test('a text is not found in one whose size differs by its highest byte only', () => {
  const size = 5000;
  const longSize = size + 2 ** 24;
  const back = backwardBytes(5 + longSize);
  const end = 5 + longSize + back;
  const data = new DataView(new ArrayBuffer(end));
  data.setUint8(0, 0xf0);
  data.setUint32(1, longSize, true);
  writeBackwardSize(data, 5 + longSize, end, 5 + longSize);
  item.setRaw(new DataView(new ArrayBuffer(size)), 0, size);
  assert.equal(find(data, 0, end, item, 1), -1);
});

test('backward sizes of one to five bytes are as long as in Redis and are read back', () => {
  const limits = [127, 16382, 2097150, 268435454];
  assert.deepEqual(limits.map(backwardBytes), [1, 2, 3, 4]);
  assert.deepEqual(
    limits.map((size) => backwardBytes(size + 1)),
    [2, 3, 4, 5],
  );
  // Only the ends of the element are touched: a buffer this large costs next to nothing.
  const data = new DataView(new ArrayBuffer(2 ** 28 + 4096));
  for (const size of limits.flatMap((limit) => [limit - 1, limit, limit + 1, limit + 2])) {
    const textBytes = size - 5;
    const end = START + size + backwardBytes(size);
    data.setUint8(START, 0xf0);
    data.setUint32(START + 1, textBytes, true);
    writeBackwardSize(data, START + size, end, size);
    assert.equal(skip(data, START), end);
    assert.equal(skipBack(data, end), START);
    cursor.readBefore(data, end);
    assert.deepEqual(
      [cursor.start, cursor.offset, cursor.size, cursor.end],
      [START, START + 5, textBytes, end],
    );
    item.setRaw(data, START + 5, textBytes);
    if (textBytes > 4095) assert.equal(item.encodedBytes, end - START);
  }
});

test('an element of megabytes has a backward size of four bytes', () => {
  const elements = ['a', 'x'.repeat(2097151), 'b'];
  const list = new List(elements);
  checkContents(list.data, START, list.end, elements);
  for (const element of elements) checkFind(list, elements, element);
});

test('the position of an element is found from both ends', () => {
  for (const count of [1, 2, 3, 10, 11]) {
    const elements = Array.from({ length: count }, (_, index) => 'x'.repeat(index * 20));
    const list = new List(elements);
    checkContents(list.data, START, list.end, elements);
  }
});

test('an element near one end is found without a look at those near the other', () => {
  const elements = ['one', 'two', 'three', 'four', 'five', 'six'];
  for (const index of [1, 4]) {
    const list = new List(elements);
    const at = elementAt(list.data, START, list.end, elements.length, index);
    const middle = elementAt(list.data, START, list.end, elements.length, 3);
    if (index < 3) list.bytes.fill(0xff, middle);
    else list.bytes.fill(0xff, START, middle);
    assert.equal(elementAt(list.data, START, list.end, elements.length, index), at);
  }
});

test('replacing a range moves what follows it and nothing else', () => {
  for (const [oldSize, newSize] of [
    [0, 0],
    [4, 4],
    [0, 3],
    [3, 0],
    [2, 5],
    [5, 2],
  ] as const) {
    for (const at of [2, 8, 12 - oldSize]) {
      const bytes = Uint8Array.from({ length: 20 }, (_, index) => (index < 12 ? index : GUARD));
      const before = [...bytes];
      replaceRange(bytes, at, oldSize, newSize, 12);
      const after = [...bytes];
      const end = 12 + newSize - oldSize;
      assert.deepEqual(after.slice(0, at), before.slice(0, at));
      assert.deepEqual(after.slice(at + newSize, end), before.slice(at + oldSize, 12));
      assert.deepEqual(after.slice(Math.max(end, 12)), before.slice(Math.max(end, 12)));
    }
  }
});

const fewLetters = fc.constantFrom('a', 'b', '0', '1');
const text = fc.oneof(
  fc.string({ unit: fewLetters, maxLength: 6 }),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  fc.constantFrom(...NEARLY_INTEGERS, ...WIDE_INTEGERS),
  fc
    .tuple(fc.constantFrom(...BOUNDARY_SIZES), fewLetters, fewLetters)
    .map(([size, first, rest]) => (first + rest.repeat(size)).slice(0, size)),
);
const element: fc.Arbitrary<Element> = fc.oneof(
  fc.constantFrom(...BOUNDARY_INTEGERS),
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.maxSafeInteger().map(String),
  text,
  text.map((raw) => ({ raw })),
);

test('a list holds and finds what an array of the same elements does', () => {
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 24 }),
      fc.array(element, { maxLength: 4 }),
      (elements, absent) => {
        const list = new List(elements);
        checkContents(list.data, START, list.end, elements);
        for (const wanted of [...elements, ...absent]) checkFind(list, elements, wanted);
      },
    ),
  );
});

test('a list changed element by element stays what an array changed alike is', () => {
  const change = fc.record({
    position: fc.nat(30),
    removed: fc.nat(2),
    added: fc.array(element, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const bytes = new Uint8Array(2 ** 18).fill(GUARD);
      const data = viewOf(bytes);
      const model: Element[] = [];
      let end = START;
      for (const { position, removed, added } of changes) {
        const index = Math.min(position, model.length);
        const removedCount = Math.min(removed, model.length - index);
        let at = elementAt(data, START, end, model.length, index);
        const oldEnd = elementAt(data, START, end, model.length, index + removedCount);
        let newSize = 0;
        for (const one of added) {
          setItem(one);
          newSize += item.encodedBytes;
        }
        replaceRange(bytes, at, oldEnd - at, newSize, end);
        end += newSize - (oldEnd - at);
        for (const one of added) {
          setItem(one);
          at = item.write(data, at);
        }
        model.splice(index, removedCount, ...added);
        checkContents(data, START, end, model);
      }
      assert.deepEqual([...bytes.slice(0, START)], Array(START).fill(GUARD));
    }),
  );
});
