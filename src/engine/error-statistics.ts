/**
 * How many error replies there were of each code (INFO errorstats): `ERR`, `WRONGTYPE`, ...
 *
 * Shared memory: the list of codes, which all threads add to and nobody takes from, and for each thread a count a code, written
 * by that thread alone. The last area is the baseline of CONFIG RESETSTAT, as in command-statistics.ts. There are at most
 * CODE_COUNT_MAX codes, as in Redis 7.2: scripts can make up any. Errors with one more count in the total only, and under the
 * name that says so.
 *
 *     i32    lock | number of codes
 *     bytes  a code in CODE_BYTES, padded with zeros
 *     f64    an area a thread: errors in all, then a count a code
 */

import { byteText, writeByteText } from '../base/bytes.js';
import { lockWord, unlockWord } from '../memory/baton.js';

const CODE_COUNT_MAX = 128;
/** What Redis looks at when it searches for the end of the code. */
const CODE_BYTES = 32;
/** The last code's place is for all that find none. */
const OVERFLOW_CODE = 'ERRORSTATS_OVERFLOW';
/** The code of an error line that has none. */
const NO_CODE = 'ERR';

const LOCK = 0;
const COUNT = 1;
const HEADER_BYTES = 64;
const NAMES_BYTES = (CODE_COUNT_MAX + 1) * CODE_BYTES;
const AREA_WORDS = 1 + CODE_COUNT_MAX + 1;

export type ErrorStatisticsShared = SharedArrayBuffer;

export function createErrorStatisticsShared(threadCount: number): ErrorStatisticsShared {
  return new SharedArrayBuffer(HEADER_BYTES + NAMES_BYTES + (threadCount + 1) * AREA_WORDS * 8);
}

export class ErrorStatistics {
  private readonly header: Int32Array;
  private readonly names: Uint8Array;
  private readonly counts: Float64Array;
  private readonly own: number;
  private readonly baseline: number;
  /** The codes that this thread has met, with their places. */
  private readonly places = new Map<string, number>();

  constructor(shared: ErrorStatisticsShared, thread: number) {
    this.header = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.names = new Uint8Array(shared, HEADER_BYTES, NAMES_BYTES);
    this.counts = new Float64Array(shared, HEADER_BYTES + NAMES_BYTES);
    this.own = thread * AREA_WORDS;
    this.baseline = this.counts.length - AREA_WORDS;
  }

  /** Counts an error line, `ERR no such key`. */
  count(line: string): void {
    const end = line.indexOf(' ');
    const code = end <= 0 || end >= CODE_BYTES ? NO_CODE : line.slice(0, end);
    let place = this.places.get(code);
    if (place === undefined) {
      place = this.placeOf(code);
      if (place < CODE_COUNT_MAX) this.places.set(code, place);
    }
    this.counts[this.own]! += 1;
    this.counts[this.own + 1 + place]! += 1;
  }

  /** Error replies by all threads. */
  total(): number {
    return this.sum(0);
  }

  /** The codes there were with their counts, in the order of their bytes. */
  codes(): [code: string, count: number][] {
    const codes: [string, number][] = [];
    const known = Atomics.load(this.header, COUNT);
    for (let place = 0; place < known; place++) codes.push([this.codeAt(place), this.sum(1 + place)]);
    codes.push([OVERFLOW_CODE, this.sum(1 + CODE_COUNT_MAX)]);
    return codes.filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Forgets what has been counted so far. */
  reset(): void {
    for (let word = 0; word < AREA_WORDS; word++) this.counts[this.baseline + word]! += this.sum(word);
  }

  private placeOf(code: string): number {
    lockWord(this.header, LOCK);
    const known = this.header[COUNT]!;
    let place = 0;
    while (place < known && this.codeAt(place) !== code) place++;
    if (place === known && known < CODE_COUNT_MAX) {
      writeByteText(this.names, place * CODE_BYTES, code);
      Atomics.store(this.header, COUNT, known + 1);
    }
    unlockWord(this.header, LOCK);
    return place;
  }

  private codeAt(place: number): string {
    return byteText(this.names, place * CODE_BYTES, CODE_BYTES).replace(/\0+$/, '');
  }

  private sum(word: number): number {
    let sum = -this.counts[this.baseline + word]!;
    for (let at = word; at < this.baseline; at += AREA_WORDS) sum += this.counts[at]!;
    return sum;
  }
}
