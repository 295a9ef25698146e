/**
 * The options that SET, GETEX and MSETEX share: a condition, what to reply, and what becomes of the deadline.
 *
 * Redis reads them in any order. The same one may come twice, and then the last one counts; two that say different things about
 * one matter are a syntax error, and so is an option that the command does not have. A bad amount of time is found only after
 * that.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { deadlineFrom, INVALID_DEADLINE } from './deadline.js';

/** What a command takes, as a set of bits, beside the four units of time. */
export const TAKES_PRESENCE = 1;
export const TAKES_COMPARISON = 2;
export const TAKES_GET = 4;
export const TAKES_KEEPTTL = 8;
export const TAKES_PERSIST = 16;

/** Conditions. Those from IF_EQUAL on compare the value with an argument. */
export const ALWAYS = 0;
export const IF_ABSENT = 1;
export const IF_PRESENT = 2;
export const IF_EQUAL = 3;
export const IF_DIFFERENT = 4;
export const IF_DIGEST_EQUAL = 5;
export const IF_DIGEST_DIFFERENT = 6;
const CONDITIONS = ['', 'NX', 'XX', 'IFEQ', 'IFNE', 'IFDEQ', 'IFDNE'] as const;

/** Units of time: seconds or milliseconds, from now or since 1970. */
const EXPIRY_UNITS = ['EX', 'PX', 'EXAT', 'PXAT'] as const;
const NO_UNIT = -1;
const FIRST_ABSOLUTE_UNIT = 2;

/** What `readOptions` has read. One thread, one command at a time. */
class StringOptions {
  condition = ALWAYS;
  /** The argument that the value is compared with. */
  comparedAt = 0;
  getsOld = false;
  keepsDeadline = false;
  persists = false;
  unit = NO_UNIT;
  /** The argument that says how much time. */
  amountAt = 0;

  clear(): void {
    this.condition = ALWAYS;
    this.comparedAt = 0;
    this.getsOld = false;
    this.keepsDeadline = false;
    this.persists = false;
    this.unit = NO_UNIT;
    this.amountAt = 0;
  }
}

export const options = new StringOptions();

/**
 * Reads the options from argument `from` to the last one into `options`.
 *
 * @param takes TAKES_* of the command
 * @returns false after a syntax error has been replied
 */
export function readOptions(call: Call, from: number, takes: number): boolean {
  options.clear();
  let index = from;
  while (index < call.count) {
    const size = readExpiry(call, index) || readFlag(call, index, takes) || readCondition(call, index, takes);
    if (size === 0) {
      call.reply.error(errors.SYNTAX);
      return false;
    }
    index += size;
  }
  return true;
}

/** The deadline that `options` ask for, 0 when they ask for none, INVALID_DEADLINE after an error reply. */
export function optionsDeadline(call: Call): number {
  const { unit, amountAt } = options;
  if (unit === NO_UNIT) return 0;
  return expiryArgument(call, amountAt, (unit & 1) === 0 ? 1000 : 1, unit >= FIRST_ABSOLUTE_UNIT);
}

/** True when `options` name a point in time, which may be over, instead of a time to live. */
export function isDeadlineAbsolute(): boolean {
  return options.unit >= FIRST_ABSOLUTE_UNIT;
}

/** Reads a time to live or a point in time, which must be above 0: INVALID_DEADLINE after an error reply. */
export function expiryArgument(call: Call, index: number, unitMs: number, isAbsolute: boolean): number {
  const amount = call.integer(index);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return INVALID_DEADLINE;
  }
  const deadline =
    amount > 0 ? deadlineFrom(amount, unitMs, isAbsolute ? 0 : call.keyspace.now) : INVALID_DEADLINE;
  if (deadline === INVALID_DEADLINE) call.reply.error(errors.invalidExpireTime(call.command.fullName));
  return deadline;
}

/** Which comparison argument `index` names, IF_EQUAL to IF_DIGEST_DIFFERENT; ALWAYS when none. */
export function comparisonNamed(call: Call, index: number): number {
  return conditionNamed(call, index, IF_EQUAL, IF_DIGEST_DIFFERENT);
}

/** The number of arguments that an expiry at `index` takes, 0 when there is none or it may not be there. */
function readExpiry(call: Call, index: number): number {
  const unit = unitNamed(call, index);
  if (unit === NO_UNIT || options.keepsDeadline || options.persists) return 0;
  if ((options.unit !== NO_UNIT && options.unit !== unit) || index + 1 === call.count) return 0;
  options.unit = unit;
  options.amountAt = index + 1;
  return 2;
}

function readFlag(call: Call, index: number, takes: number): number {
  if ((takes & TAKES_GET) !== 0 && call.is(index, 'GET')) {
    options.getsOld = true;
    return 1;
  }
  if (options.unit !== NO_UNIT) return 0;
  if ((takes & TAKES_KEEPTTL) !== 0 && call.is(index, 'KEEPTTL')) {
    options.keepsDeadline = true;
    return 1;
  }
  if ((takes & TAKES_PERSIST) !== 0 && call.is(index, 'PERSIST')) {
    options.persists = true;
    return 1;
  }
  return 0;
}

function readCondition(call: Call, index: number, takes: number): number {
  const first = (takes & TAKES_PRESENCE) !== 0 ? IF_ABSENT : IF_EQUAL;
  const last = (takes & TAKES_COMPARISON) !== 0 ? IF_DIGEST_DIFFERENT : IF_PRESENT;
  const condition = conditionNamed(call, index, first, last);
  if (condition === ALWAYS) return 0;
  if (options.condition !== ALWAYS && options.condition !== condition) return 0;
  const size = condition < IF_EQUAL ? 1 : 2;
  if (index + size > call.count) return 0;
  options.condition = condition;
  if (size === 2) options.comparedAt = index + 1;
  return size;
}

function conditionNamed(call: Call, index: number, first: number, last: number): number {
  for (let condition = first; condition <= last; condition++) {
    if (call.is(index, CONDITIONS[condition]!)) return condition;
  }
  return ALWAYS;
}

function unitNamed(call: Call, index: number): number {
  for (let unit = 0; unit < EXPIRY_UNITS.length; unit++) {
    if (call.is(index, EXPIRY_UNITS[unit]!)) return unit;
  }
  return NO_UNIT;
}

export const PRESENCE_ARGUMENTS: readonly ArgumentSpec[] = [
  { name: 'nx', type: 'pure-token', token: 'NX' },
  { name: 'xx', type: 'pure-token', token: 'XX' },
];

export const COMPARISON_ARGUMENTS: readonly ArgumentSpec[] = [
  { name: 'ifeq-value', type: 'string', token: 'IFEQ', since: '8.4.0' },
  { name: 'ifne-value', type: 'string', token: 'IFNE', since: '8.4.0' },
  { name: 'ifdeq-digest', type: 'string', token: 'IFDEQ', since: '8.4.0' },
  { name: 'ifdne-digest', type: 'string', token: 'IFDNE', since: '8.4.0' },
];

export const EXPIRY_ARGUMENTS: readonly ArgumentSpec[] = [
  { name: 'seconds', type: 'integer', token: 'EX' },
  { name: 'milliseconds', type: 'integer', token: 'PX' },
  { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
  { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
];

export const KEEPTTL_ARGUMENT: ArgumentSpec = { name: 'keepttl', type: 'pure-token', token: 'KEEPTTL' };
