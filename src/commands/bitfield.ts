/**
 * BITFIELD: integers of 1 to 64 bits at any bit of a string, read, set and counted up, several of them in one command.
 *
 * The arguments are gone through twice. The first time they are checked, so that an error in the last of them leaves the key
 * alone, and it is found out how far the value must reach. Then the value is made that long, and the operations run one by one.
 *
 * Nothing is left half done: room in the log is taken before the first change, and only the first change may find no memory,
 * because after it the entry is one that may be changed in its place.
 */

import {
  addExactly,
  type ExactInteger,
  fieldMax,
  fieldMin,
  readField,
  wrapToField,
  writeField,
} from '../base/bit-field.js';
import { INT64_MAX, NOT_INTEGER, parseInteger } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, Arguments, CommandSpec, KeyFlag } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { STRING_CHANGED } from '../engine/string-encoding.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { checkBit, isString, writeBytes } from './bitmaps.js';
import { KEY, ONE_KEY, READS_ONE } from './key-arguments.js';

const LETTER_I = 0x69;
const LETTER_U = 0x75;
const NUMBER_SIGN = 0x23;

/** A field of 64 bits that does not begin with a byte lies in nine. */
const FIELD_BYTES_MAX = 9;

/** The operation under way, as its arguments say. */
class Operation {
  kind: 'get' | 'set' | 'increment' = 'get';
  /** What happens to a value that does not fit; said once, it holds for all operations that follow. */
  overflow: 'wrap' | 'saturate' | 'fail' = 'wrap';
  isSigned = false;
  bits = 0;
  /** Number of the field's first bit. */
  at = 0;
  /** What to set, or to add. */
  operand: ExactInteger = 0;
  /** The error line, when `read` met something wrong. */
  error: string | undefined = undefined;
  private next = 0;

  /** Goes back to before the first operation. */
  rewind(): void {
    this.overflow = 'wrap';
    this.next = 2;
    this.error = undefined;
  }

  /** Reads the next operation. False when there is none, or an error. */
  read(call: Call): boolean {
    while (this.next + 1 < call.count && call.is(this.next, 'OVERFLOW')) {
      if (!this.readOverflow(call, this.next + 1)) return this.fail(errors.BITFIELD_OVERFLOW);
      this.next += 2;
    }
    const index = this.next;
    if (index === call.count) return false;
    if (!this.readKind(call, index)) return this.fail(errors.SYNTAX);
    if (!this.readType(call, index + 1)) return this.fail(errors.BITFIELD_TYPE);
    if (!this.readOffset(call, index + 2)) return this.fail(errors.BIT_OFFSET);
    this.next = index + 3;
    if (this.kind === 'get') return true;
    this.operand = call.exactInteger(this.next++);
    return this.operand === NOT_INTEGER ? this.fail(errors.NOT_AN_INTEGER) : true;
  }

  private fail(error: string): false {
    this.error = error;
    return false;
  }

  private readOverflow(call: Call, index: number): boolean {
    if (call.is(index, 'WRAP')) this.overflow = 'wrap';
    else if (call.is(index, 'SAT')) this.overflow = 'saturate';
    else if (call.is(index, 'FAIL')) this.overflow = 'fail';
    else return false;
    return true;
  }

  private readKind(call: Call, index: number): boolean {
    const left = call.count - index - 1;
    if (left >= 2 && call.is(index, 'GET')) this.kind = 'get';
    else if (left >= 3 && call.is(index, 'SET')) this.kind = 'set';
    else if (left >= 3 && call.is(index, 'INCRBY')) this.kind = 'increment';
    else return false;
    return true;
  }

  /** `i` and 1 to 64, or `u` and 1 to 63: a reply holds no larger unsigned integer. */
  private readType(call: Call, index: number): boolean {
    const offset = call.offset(index);
    const letter = call.bytes[offset];
    this.isSigned = letter === LETTER_I;
    this.bits = parseInteger(call.bytes, offset + 1, call.size(index) - 1);
    if (!this.isSigned && letter !== LETTER_U) return false;
    return this.bits >= 1 && this.bits <= (this.isSigned ? 64 : 63);
  }

  /** The number of a bit, or `#` and that of a field, if the whole value were fields like this one. */
  private readOffset(call: Call, index: number): boolean {
    const offset = call.offset(index);
    const isField = call.bytes[offset] === NUMBER_SIGN;
    const field = isField ? parseInteger(call.bytes, offset + 1, call.size(index) - 1) : 0;
    this.at = checkBit(call, isField ? field * this.bits : call.integer(index));
    return this.at >= 0;
  }
}

/** One thread, one command at a time. */
const operation = new Operation();
/** The bytes in which the field lies, and zeros for what is beyond the value's end. */
const window = new DataView(new ArrayBuffer(FIELD_BYTES_MAX));

function bitfield(call: Call, mayWrite: boolean): void {
  let operations = 0;
  let writes = 0;
  let end = 0;
  operation.rewind();
  while (operation.read(call)) {
    operations += 1;
    if (operation.kind === 'get') continue;
    writes += 1;
    end = Math.max(end, operation.at + operation.bits);
  }
  if (operation.error !== undefined) {
    call.reply.error(operation.error);
  } else if (writes === 0) {
    const entry = call.findToRead(0, 1);
    if (isString(call, entry)) runAll(call, entry, operations);
  } else if (!mayWrite) {
    call.reply.error(errors.BITFIELD_READ_ONLY);
  } else if (!call.keyspace.log.prepare(recordBytes(call, writes))) {
    call.reply.error(errors.OUT_OF_MEMORY);
  } else {
    const entry = call.find(0, 1);
    if (!isString(call, entry)) return;
    if (extend(call, entry, Math.ceil(end / 8))) runAll(call, call.findStored(0, 1), operations);
    else call.reply.error(errors.OUT_OF_MEMORY);
  }
}

/** What the log needs at most: a record for each write, one for the value's extension, one for an expired key. */
function recordBytes(call: Call, writes: number): number {
  return (writes + 2) * (RECORD_OVERHEAD_BYTES_MAX + call.size(1) + FIELD_BYTES_MAX);
}

/** Makes the value at least `size` bytes long, whatever is going to be written. False when memory is exhausted. */
function extend(call: Call, entry: number, size: number): boolean {
  const entries = call.keyspace.entries;
  if (entry !== 0 && entries.valueSize(entry) >= size) {
    entries.setEncoding(entry, STRING_CHANGED); // as Redis sees it, even if nothing is written
    return true;
  }
  window.setUint8(0, 0);
  return writeBytes(call, entry, size - 1, window, 1);
}

/** Runs the operations, which have been found right, on what the last find returned. */
function runAll(call: Call, found: number, operations: number): void {
  const mark = call.reply.mark();
  call.reply.arrayHeader(operations);
  operation.rewind();
  let entry = found;
  while (operation.read(call)) {
    if (!run(call, entry)) {
      call.reply.rewind(mark);
      call.reply.error(errors.OUT_OF_MEMORY);
      return;
    }
    if (operation.kind !== 'get') entry = call.findStored(0, 1);
  }
}

/** Runs one operation. False when memory is exhausted; nothing has changed then. */
function run(call: Call, entry: number): boolean {
  const { kind, isSigned, bits } = operation;
  const first = Math.floor(operation.at / 8);
  const at = operation.at % 8;
  loadWindow(call, entry, first);
  const current = readField(window, at, bits, isSigned);
  if (kind === 'get') {
    replyInteger(call, current);
    return true;
  }
  const value = fitting(kind === 'set' ? operation.operand : addExactly(current, operation.operand));
  if (value === undefined) {
    call.reply.nil();
    return true;
  }
  replyInteger(call, kind === 'set' ? current : value);
  if (value === current) return true;
  writeField(window, at, bits, value);
  return writeBytes(call, entry, first, window, Math.ceil((at + bits) / 8));
}

/** What becomes of `value` in a field of the operation's type; undefined when it does not fit and must not be made to. */
function fitting(value: ExactInteger): ExactInteger | undefined {
  const { overflow, isSigned, bits } = operation;
  const max = fieldMax(bits, isSigned);
  const min = fieldMin(bits, isSigned);
  if (value >= min && value <= max) return value;
  if (overflow === 'fail') return undefined;
  if (overflow === 'wrap') return wrapToField(value, bits, isSigned);
  return value > max || (operation.kind === 'set' && isTakenForLarge(value, max)) ? max : min;
}

/**
 * Where Redis saturates a negative value upwards: it compares what SET is to write with an unsigned field as if it were unsigned,
 * and with a signed one by a difference that overflows 64 bits.
 */
function isTakenForLarge(value: ExactInteger, max: ExactInteger): boolean {
  return !operation.isSigned || BigInt(max) - BigInt(value) > INT64_MAX;
}

function loadWindow(call: Call, entry: number, first: number): void {
  const entries = call.keyspace.entries;
  const size = entry === 0 ? 0 : entries.valueSize(entry);
  for (let index = 0; index < FIELD_BYTES_MAX; index++) {
    const isInside = first + index < size;
    window.setUint8(index, isInside ? entries.bytes(entry)[entries.valueOffset(entry) + first + index]! : 0);
  }
}

function replyInteger(call: Call, value: ExactInteger): void {
  if (typeof value === 'number') call.reply.integer(value);
  else call.reply.bigInteger(value);
}

const READS: readonly KeyFlag[] = ['RO', 'access'];
const WRITES: readonly KeyFlag[] = ['RW', 'access', 'update'];

/** What a certain request does with its key. */
function keyFlags(request: Arguments): readonly KeyFlag[] {
  for (let index = 2; index < request.count; index++) {
    const left = request.count - index - 1;
    if (left >= 2 && request.is(index, 'GET')) index += 2;
    else if (left >= 1 && request.is(index, 'OVERFLOW')) index += 1;
    else return WRITES;
  }
  return READS;
}

const ENCODING_AND_OFFSET: readonly ArgumentSpec[] = [
  { name: 'encoding', type: 'string' },
  { name: 'offset', type: 'integer' },
];

export const BITFIELD_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'bitfield',
    arity: -2,
    flags: ['write', 'denyoom'],
    group: 'bitmap',
    since: '3.2.0',
    summary:
      'Reads, sets and increments integers of any width at any bits of the string at a key, all at one moment.',
    complexity: 'O(1) for each operation',
    keys: {
      ...ONE_KEY,
      flags: ['RW', 'access', 'update', 'variable_flags'],
      flagsOf: keyFlags,
      notes: 'This command allows both access and modification of the key',
    },
    logsGroup: true,
    arguments: [
      KEY,
      {
        name: 'operation',
        type: 'oneof',
        flags: ['optional', 'multiple'],
        arguments: [
          { name: 'encoding_offset', type: 'block', token: 'GET', arguments: ENCODING_AND_OFFSET },
          {
            name: 'write',
            type: 'block',
            arguments: [
              {
                name: 'wrap_sat_fail',
                type: 'oneof',
                token: 'OVERFLOW',
                flags: ['optional'],
                arguments: [
                  { name: 'wrap', type: 'pure-token', token: 'WRAP' },
                  { name: 'sat', type: 'pure-token', token: 'SAT' },
                  { name: 'fail', type: 'pure-token', token: 'FAIL' },
                ],
              },
              {
                name: 'write_operation',
                type: 'oneof',
                arguments: [
                  {
                    name: 'encoding_offset_value',
                    type: 'block',
                    token: 'SET',
                    arguments: [...ENCODING_AND_OFFSET, { name: 'value', type: 'integer' }],
                  },
                  {
                    name: 'encoding_offset_increment',
                    type: 'block',
                    token: 'INCRBY',
                    arguments: [...ENCODING_AND_OFFSET, { name: 'increment', type: 'integer' }],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
    reply: 'array<counter?>',
    run: (call) => bitfield(call, true),
  },
  {
    name: 'bitfield_ro',
    arity: -2,
    flags: ['readonly', 'fast'],
    group: 'bitmap',
    since: '6.0.0',
    summary: 'Reads integers of any width at any bits of the string at a key.',
    complexity: 'O(1) for each operation',
    keys: READS_ONE,
    arguments: [
      KEY,
      {
        name: 'encoding_offset',
        type: 'block',
        token: 'GET',
        flags: ['optional', 'multiple', 'multiple_token'],
        arguments: ENCODING_AND_OFFSET,
      },
    ],
    reply: 'array<counter>',
    run: (call) => bitfield(call, false),
  },
];
