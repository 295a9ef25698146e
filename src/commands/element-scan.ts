/**
 * What HSCAN, SSCAN and ZSCAN have in common: the options, the way through a large collection, and the reply when there is
 * nothing.
 */

import { globMatches } from '../base/glob.js';
import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import { type HashTable, SEGMENT_SLOTS } from '../structures/hash-table.js';

const COUNT_DEFAULT = 10;
const STAR = 0x2a;
/** So many buckets are looked at for each element asked for before a call comes back with fewer. */
const EFFORT = 10;
/** Room for what a call finds that asks for no more than some thousands; more is given back. */
const FOUND_COUNT_KEPT = 16 * SEGMENT_SLOTS;

/** What the options say: `patternAt` is the argument that is the pattern, 0 = none. One thread, one command at a time. */
export const scanOptions = { count: COUNT_DEFAULT, patternAt: 0, hasValues: true };

/** How collections of one type are scanned. */
export interface ScannedType {
  /** The entry of key argument 1: 0 when there is none, negative after an error reply. */
  readonly find: (call: Call) => number;
  /** NOVALUES is an option. */
  readonly takesNoValues: boolean;
  /** Replies with all that is wanted of a packed one. */
  readonly scanPacked: (call: Call, entry: number) => void;
  /** Goes on at a cursor through a large one, by `scanElements`. */
  readonly scanLarge: (call: Call, entry: number, start: number) => void;
}

/** A large collection that is open: its nested table. */
interface Scanned {
  readonly table: HashTable;
  readonly tableAt: number;
}

/** Elements that one step has found, and those of all steps that are wanted. */
const step = new Uint32Array(SEGMENT_SLOTS);
let found = new Uint32Array(2 * SEGMENT_SLOTS);

/** HSCAN, SSCAN or ZSCAN. */
export function scanCollection(call: Call, type: ScannedType): void {
  const start = call.cursor(2);
  if (start < 0) {
    call.reply.error(errors.INVALID_CURSOR);
    return;
  }
  const entry = type.find(call);
  if (entry < 0) return;
  if (entry === 0) {
    replyEmptyScan(call);
  } else if (readScanOptions(call, type.takesNoValues)) {
    if (call.keyspace.entries.isLarge(entry)) type.scanLarge(call, entry, start);
    else type.scanPacked(call, entry);
  }
}

/** Reads MATCH, COUNT and, for a hash, NOVALUES. False after an error reply. */
function readScanOptions(call: Call, takesNoValues: boolean): boolean {
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
function replyEmptyScan(call: Call): void {
  call.reply.arrayHeader(2);
  call.reply.bulkInteger(0);
  call.reply.arrayHeader(0);
}

/**
 * Goes on at a cursor through the collection that `elements` has open, as far as COUNT asks, and begins the reply with where
 * to go on then. Returns the elements that match, which are valid until the next scan.
 */
export function scanElements(call: Call, elements: Scanned, start: number): Uint32Array {
  if (found.length > FOUND_COUNT_KEPT) found = new Uint32Array(2 * SEGMENT_SLOTS);
  let effort = scanOptions.count * EFFORT;
  let next = start;
  let count = 0;
  do {
    if (count + SEGMENT_SLOTS > found.length) growFound();
    count = collect(call, elements, next, count);
    next = elements.table.nextCursor;
    effort -= 1;
  } while (next !== 0 && count < scanOptions.count && effort > 0);
  call.reply.arrayHeader(2);
  call.reply.bulkInteger(next);
  return found.subarray(0, count);
}

/** True when the pattern, if there is one, matches. */
export function isScanned(call: Call, bytes: Uint8Array, offset: number, size: number): boolean {
  const { patternAt } = scanOptions;
  if (patternAt === 0) return true;
  return globMatches(call.bytes, call.offset(patternAt), call.size(patternAt), bytes, offset, size, false);
}

/** Adds the elements of one step, those that are wanted, to the `count` ones in `found`: returns how many there are then. */
function collect(call: Call, elements: Scanned, start: number, count: number): number {
  const { keyspace } = call;
  const { entries } = keyspace;
  const stepCount = elements.table.scan(elements.tableAt, start, step);
  let kept = count;
  for (let index = 0; index < stepCount; index++) {
    const element = step[index]!;
    const bytes = entries.bytes(element);
    const matches = isScanned(call, bytes, entries.keyOffset(element), entries.keySize(element));
    if (matches && !keyspace.hasExpired(element)) found[kept++] = element;
  }
  return kept;
}

function growFound(): void {
  const larger = new Uint32Array(2 * found.length);
  larger.set(found);
  found = larger;
}
