/**
 * Sparse registers: runs of equal ones, each described by an opcode, which together describe all registers.
 *
 *     ZERO    00LLLLLL             L + 1 registers are 0: 1 to 64
 *     XZERO   01LLLLLL LLLLLLLL    L + 1 registers are 0: 1 to 16384, the higher bits first
 *     VAL     1VVVVVLL             L + 1 registers (1 to 4) are V + 1 (1 to 32)
 *
 * A client may have written anything: runs may describe more registers than there are, or fewer, and the second byte of an XZERO
 * may be missing. Redis reads the zero byte there that it keeps behind every string, so it counts as 0 here, too.
 *
 * `start` and `end` are where the opcodes lie in `bytes`.
 */

import type { Histogram } from './estimate.js';
import { REGISTER_COUNT } from './layout.js';

/** The highest value that a VAL can have. */
export const SPARSE_RANK_MAX = 32;
export const ZERO_RUN_MAX = 64;
export const VALUE_RUN_MAX = 4;

const VALUE_BIT = 0x80;
const KIND_MASK = 0xc0;
const XZERO = 0x40;

/**
 * By opcode: the run of a ZERO or a VAL, and the value of a VAL (0 for the others). Tables, because which of the two comes next
 * is what a processor can't foresee, while an XZERO is rare wherever there is much to read.
 */
const SHORT_RUNS = new Uint8Array(256);
const VALUES = new Uint8Array(256);
for (let opcode = 0; opcode < 256; opcode++) {
  const isValue = (opcode & VALUE_BIT) !== 0;
  SHORT_RUNS[opcode] = (opcode & (isValue ? VALUE_RUN_MAX - 1 : ZERO_RUN_MAX - 1)) + 1;
  VALUES[opcode] = isValue ? ((opcode >>> 2) & (SPARSE_RANK_MAX - 1)) + 1 : 0;
}

function isXzero(opcode: number): boolean {
  return (opcode & KIND_MASK) === XZERO;
}

/** Bytes of an opcode that begins with this byte. */
export function opcodeSize(opcode: number): number {
  return isXzero(opcode) ? 2 : 1;
}

/** What an opcode that begins with this byte says of its registers. */
export function opcodeValue(opcode: number): number {
  return VALUES[opcode]!;
}

/** How many registers the opcode at `at` describes. */
export function opcodeRun(bytes: Uint8Array, at: number, end: number): number {
  const opcode = bytes[at]!;
  return isXzero(opcode) ? longRun(opcode, bytes, at + 1, end) : SHORT_RUNS[opcode]!;
}

/** The run of an XZERO, whose second byte is at `at`. */
function longRun(opcode: number, bytes: Uint8Array, at: number, end: number): number {
  const low = at < end ? bytes[at]! : 0;
  return (((opcode & ~KIND_MASK) << 8) | low) + 1;
}

/** The VAL for a run of 1 to 4 registers. */
export function valueOpcode(value: number, run: number): number {
  return VALUE_BIT | ((value - 1) << 2) | (run - 1);
}

/** Writes the opcode for a run of 1 to 16384 registers that are 0; returns the offset after it. */
export function writeZeroRun(bytes: Uint8Array, offset: number, run: number): number {
  if (run <= ZERO_RUN_MAX) {
    bytes[offset] = run - 1;
    return offset + 1;
  }
  bytes[offset] = XZERO | ((run - 1) >>> 8);
  bytes[offset + 1] = (run - 1) & 0xff;
  return offset + 2;
}

/** Counts the values of all registers in an empty histogram. False when the opcodes don't describe all of them and no more. */
export function countSparse(bytes: Uint8Array, start: number, end: number, histogram: Histogram): boolean {
  let index = 0;
  for (let at = start; at < end; at++) {
    const opcode = bytes[at]!;
    let run = SHORT_RUNS[opcode]!;
    if ((opcode & KIND_MASK) === XZERO) run = longRun(opcode, bytes, ++at, end);
    index += run;
    if (index > REGISTER_COUNT) return false;
    histogram[VALUES[opcode]!]! += run;
  }
  return index === REGISTER_COUNT;
}

/**
 * Raises registers of a byte each to what the opcodes say. False when these don't describe all of them and no more: some may have
 * been raised then.
 */
export function mergeSparse(bytes: Uint8Array, start: number, end: number, registers: Uint8Array): boolean {
  let index = 0;
  for (let at = start; at < end; at++) {
    const opcode = bytes[at]!;
    const value = VALUES[opcode]!;
    let after = index + SHORT_RUNS[opcode]!;
    if ((opcode & KIND_MASK) === XZERO) after = index + longRun(opcode, bytes, ++at, end);
    if (after > REGISTER_COUNT) return false;
    if (value === 0) index = after;
    for (; index < after; index++) if (value > registers[index]!) registers[index] = value;
  }
  return index === REGISTER_COUNT;
}

/** The opcodes for people: `z:` and `Z:` with a run, `v:` with a value and a run. Allocates. */
export function sparseText(bytes: Uint8Array, start: number, end: number): string {
  const words: string[] = [];
  for (let at = start; at < end; ) {
    const opcode = bytes[at]!;
    const value = opcodeValue(opcode);
    const run = opcodeRun(bytes, at, end);
    if (value !== 0) words.push(`v:${value},${run}`);
    else words.push(`${isXzero(opcode) ? 'Z' : 'z'}:${run}`);
    at += opcodeSize(opcode);
  }
  return words.join(' ');
}
