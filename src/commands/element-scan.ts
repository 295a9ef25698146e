/**
 * What HSCAN, SSCAN and ZSCAN have in common: the options, and the reply when there is nothing.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';

const COUNT_DEFAULT = 10;
const STAR = 0x2a;
/** So many buckets are looked at for each element asked for before a call comes back with fewer. */
export const SCAN_EFFORT = 10;

/** What the options say: `patternAt` is the argument that is the pattern, 0 = none. One thread, one command at a time. */
export const scanOptions = { count: COUNT_DEFAULT, patternAt: 0, hasValues: true };

/** Reads MATCH, COUNT and, for a hash, NOVALUES. False after an error reply. */
export function readScanOptions(call: Call, takesNoValues: boolean): boolean {
  scanOptions.count = COUNT_DEFAULT;
  scanOptions.patternAt = 0;
  scanOptions.hasValues = true;
  for (let index = 3; index < call.count; index += 2) {
    if (takesNoValues && call.is(index, 'NOVALUES')) {
      scanOptions.hasValues = false;
      index -= 1;
    } else if (index + 1 < call.count && call.is(index, 'COUNT')) {
      scanOptions.count = call.clampedInteger(index + 1);
      if (scanOptions.count === NOT_INTEGER || scanOptions.count < 1) {
        call.reply.error(scanOptions.count === NOT_INTEGER ? errors.NOT_AN_INTEGER : errors.SYNTAX);
        return false;
      }
    } else if (index + 1 < call.count && call.is(index, 'MATCH')) {
      const isEverything = call.size(index + 1) === 1 && call.bytes[call.offset(index + 1)] === STAR;
      scanOptions.patternAt = isEverything ? 0 : index + 1;
    } else {
      call.reply.error(errors.SYNTAX);
      return false;
    }
  }
  return true;
}

/** The reply of a scan that is complete and has found nothing. */
export function replyEmptyScan(call: Call): void {
  call.reply.arrayHeader(2);
  call.reply.bulkInteger(0);
  call.reply.arrayHeader(0);
}
