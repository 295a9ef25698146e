/**
 * The counts of HRANDFIELD, SRANDMEMBER and ZRANDMEMBER: how many elements to choose, and with a minus as often the same one as
 * it comes.
 */

import { NOT_INTEGER, WIDE_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';

/** The count, argument 2, brought down to ±(2^53-1). NOT_INTEGER after an error reply. */
export function readRandomCount(call: Call): number {
  const count = call.integer(2);
  if (count === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return NOT_INTEGER;
  }
  if (count === WIDE_INTEGER && call.byteText(2) === '-9223372036854775808') {
    call.reply.error(errors.INT64_RANGE);
    return NOT_INTEGER;
  }
  return call.clampedInteger(2);
}

/** The same where `word` may follow, argument 3: it asks for a second reply with each element. */
export function readRandomPairCount(call: Call, word: string): number {
  const count = readRandomCount(call);
  if (count === NOT_INTEGER) return NOT_INTEGER;
  if (call.count > 4 || (call.count === 4 && !call.is(3, word))) {
    call.reply.error(errors.SYNTAX);
    return NOT_INTEGER;
  }
  if (call.count === 4 && isBeyondHalf(call)) {
    call.reply.error(errors.OUT_OF_RANGE);
    return NOT_INTEGER;
  }
  return count;
}

/** True when the count is so large that twice as many replies could not be counted. */
function isBeyondHalf(call: Call): boolean {
  const count = call.exactInteger(2);
  if (typeof count === 'number') return false;
  return count > 2n ** 62n - 1n || count < -(2n ** 62n - 1n);
}
