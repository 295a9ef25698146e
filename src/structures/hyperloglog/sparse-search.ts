/**
 * Finding the opcode that describes a register: the part of PFADD that takes the time, since it passes all opcodes before.
 *
 * So it goes over words of four opcodes where it can. It also knows the opcode before the one it has found, and can go on from
 * there for a register further on.
 */

import { opcodeRun, opcodeSize, VALUE_RUN_MAX, ZERO_RUN_MAX } from './sparse.js';

/** Of four opcodes in a word: the lowest bit of each, the bits with the run of a ZERO, and those of them that a VAL lacks. */
const LOWEST_BITS = 0x01010101;
const RUN_BITS = LOWEST_BITS * (ZERO_RUN_MAX - 1);
const RUN_BITS_BUT_OF_VALUE = ZERO_RUN_MAX - VALUE_RUN_MAX;

export class SparseSearch {
  /** The opcode found, and the first register that it describes. */
  at: number;
  first: number;
  /** The opcode before it; itself, if it is the first one. */
  previousAt: number;
  /** Where the next search begins: an opcode and the first register that it describes. */
  private resumeAt: number;
  private resumeFirst: number;

  constructor() {
    this.at = 0;
    this.first = 0;
    this.previousAt = 0;
    this.resumeAt = 0;
    this.resumeFirst = 0;
  }

  /** The next search begins at the first opcode, which is at `start`. */
  begin(start: number): void {
    this.resumeAt = start;
    this.resumeFirst = 0;
  }

  /** The next search begins where that of `other` would, in a copy of its bytes that lies `shift` further on. */
  goOnFrom(other: SparseSearch, shift: number): void {
    this.resumeAt = other.resumeAt + shift;
    this.resumeFirst = other.resumeFirst;
  }

  /**
   * Finds the opcode for register `index` among those that end at `end`; false when there is none. Until `begin`, the index must
   * rise from one search to the next; what has changed meanwhile may have begun at `previousAt`. Costs some 2 ns for a word.
   *
   * @param data the same bytes
   */
  find(bytes: Uint8Array, data: DataView, end: number, index: number): boolean {
    this.skip(bytes, data, end, index);
    let at = this.resumeAt;
    let first = this.resumeFirst;
    let previous = at;
    let previousFirst = first;
    while (at < end) {
      const next = first + opcodeRun(bytes, at, end);
      if (index < next) {
        this.previousAt = previous;
        this.at = at;
        this.first = first;
        return true;
      }
      this.resumeAt = previous;
      this.resumeFirst = previousFirst;
      previous = at;
      previousFirst = first;
      at += opcodeSize(bytes[at]!);
      first = next;
    }
    return false;
  }

  /** Brings the beginning of the search nearer, but leaves at least two opcodes to be passed. */
  private skip(bytes: Uint8Array, data: DataView, end: number, index: number): void {
    let at = this.resumeAt;
    let first = this.resumeFirst;
    let previous = at;
    let previousFirst = first;
    let earlier = at;
    let earlierFirst = first;
    while (at + 4 <= end) {
      const word = data.getInt32(at, true);
      let run: number;
      let size = 4;
      if (((word >>> 6) & ~(word >>> 7) & LOWEST_BITS) === 0) {
        // None is an XZERO. The lowest bits of each, six or two, are its run but for one; the multiplication adds up the four.
        const values = (word >>> 7) & LOWEST_BITS;
        const runs = word & (RUN_BITS ^ Math.imul(values, RUN_BITS_BUT_OF_VALUE));
        run = (Math.imul(runs, LOWEST_BITS) >>> 24) + 4;
      } else {
        run = opcodeRun(bytes, at, end);
        size = opcodeSize(bytes[at]!);
      }
      if (index < first + run) break;
      earlier = previous;
      earlierFirst = previousFirst;
      previous = at;
      previousFirst = first;
      at += size;
      first += run;
    }
    this.resumeAt = earlier;
    this.resumeFirst = earlierFirst;
  }
}
