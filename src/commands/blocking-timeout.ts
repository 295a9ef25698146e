/**
 * The timeout of commands that block: seconds, with a fraction if need be, 0 for ever.
 *
 * Source: `getTimeoutFromObjectOrReply` in Redis's timeout.c.
 */

import { NOT_FINITE, parseLongDouble } from '../base/long-double.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';

const MS_PER_SECOND = 1000;
/** Redis counts in 64 bits. */
const TIMEOUT_MS_MAX = 2 ** 63;

/** Argument `index`, in seconds, as ms, rounded up; 0 = none; -1 after an error reply. */
export function timeoutArgument(call: Call, index: number): number {
  const seconds = parseLongDouble(call.byteText(index));
  if (seconds === undefined) {
    call.reply.error(errors.TIMEOUT_NOT_A_FLOAT);
    return -1;
  }
  if (seconds === NOT_FINITE) {
    call.reply.error(errors.TIMEOUT_RANGE);
    return -1;
  }
  const ms = Math.ceil(Number(seconds.mantissa) * 2 ** seconds.exponent * MS_PER_SECOND);
  if (ms < 0) call.reply.error(errors.TIMEOUT_NEGATIVE);
  else if (ms + call.keyspace.now >= TIMEOUT_MS_MAX) call.reply.error(errors.TIMEOUT_RANGE);
  else return ms;
  return -1;
}
