/**
 * Raising a register in sparse opcodes: the run that it is part of is split, and equal neighbours are joined again.
 *
 *     XZERO 1000            register 10 becomes 3:   ZERO 10, VAL 3 x1, XZERO 989
 *     VAL 2 x4              its third one becomes 5: VAL 2 x2, VAL 5 x1, VAL 2 x1
 *     VAL 3 x1, VAL 2 x1    the second becomes 3:    VAL 3 x2
 *
 * Which of the many ways to write the same registers comes out follows from the order in which they were raised and from how far
 * one looks for neighbours to join; values travel between servers and are compared as strings, so both are as in Redis.
 *
 * The whole value lies in a buffer of this thread, large enough for whatever can become of a value that `load` accepts, so that
 * nothing a client may have written leads out of it.
 */

import { copyBytes, copyWords, viewOf } from '../../base/bytes.js';
import {
  HEADER_BYTES,
  REGISTER_COUNT,
  SPARSE_BYTES_MAX,
  STALE_BIT,
  STALE_OFFSET,
  writeHeader,
} from './layout.js';
import {
  opcodeRun,
  opcodeSize,
  opcodeValue,
  SPARSE_RANK_MAX,
  VALUE_RUN_MAX,
  valueOpcode,
  writeZeroRun,
} from './sparse.js';
import { SparseSearch } from './sparse-search.js';

/** The register was as high already. */
export const UNCHANGED = 0;
export const CHANGED = 1;
/** No opcode describes the register: the value is corrupt. Nothing has changed. */
export const CORRUPT = 2;
/** The value has to become dense first. Nothing has changed. */
export const TOO_LARGE = 3;

/** After a change so many opcodes are looked at for two to be joined. */
const JOIN_STEPS = 5;
/** What takes the place of a split run: at most an XZERO, a VAL and another XZERO. */
const PIECES_BYTES_MAX = 5;

export class SparseEditor {
  /** The value is `bytes[0..size)`. */
  readonly bytes: Uint8Array;
  readonly data: DataView;
  size: number;
  private readonly search: SparseSearch;
  private readonly pieces: Uint8Array;

  constructor() {
    // Each register that is split off its run makes the value one byte longer at most.
    this.bytes = new Uint8Array(SPARSE_BYTES_MAX + REGISTER_COUNT + PIECES_BYTES_MAX);
    this.data = viewOf(this.bytes);
    this.size = 0;
    this.search = new SparseSearch();
    this.pieces = new Uint8Array(PIECES_BYTES_MAX);
  }

  /** Begins an empty value: all registers are 0. */
  begin(): void {
    writeHeader(this.bytes);
    this.size = writeZeroRun(this.bytes, HEADER_BYTES, REGISTER_COUNT);
    this.rewind();
  }

  /** Takes a value over from elsewhere. False when it has more opcodes than there can be: it is corrupt. */
  load(data: DataView, offset: number, size: number): boolean {
    if (size > SPARSE_BYTES_MAX) return false;
    copyWords(this.data, 0, data, offset, size);
    this.size = size;
    this.rewind();
    return true;
  }

  /** `raiseNext` will look from where a search in the original came to, which was at `offset` there. */
  goOnFrom(search: SparseSearch, offset: number): void {
    this.search.goOnFrom(search, -offset);
  }

  /** Says that the cached cardinality is out of date. */
  markStale(): void {
    this.bytes[STALE_OFFSET]! |= STALE_BIT;
  }

  /** `raiseNext` will look from the first register on, as it does after `begin` and `load`. */
  rewind(): void {
    this.search.begin(HEADER_BYTES);
  }

  /**
   * Raises register `index` to `rank`: UNCHANGED, CHANGED, CORRUPT or TOO_LARGE. Until `rewind`, the index must rise from call
   * to call.
   *
   * @param bytesMax a value that would become larger than this is to become dense instead
   */
  raiseNext(index: number, rank: number, bytesMax: number): number {
    if (rank > SPARSE_RANK_MAX) return TOO_LARGE;
    if (!this.search.find(this.bytes, this.data, this.size, index)) return CORRUPT;
    const opcode = this.bytes[this.search.at]!;
    if (opcodeValue(opcode) >= rank) return UNCHANGED;
    const growth = this.split(index, rank) - opcodeSize(opcode);
    if (growth > 0 && this.size + growth > bytesMax) return TOO_LARGE;
    this.replace(opcodeSize(opcode), growth);
    this.join();
    return CHANGED;
  }

  /** Writes into `pieces` what the opcode found becomes; returns how many bytes that is. */
  private split(index: number, rank: number): number {
    const pieces = this.pieces;
    const { at, first } = this.search;
    const value = opcodeValue(this.bytes[at]!);
    const run = opcodeRun(this.bytes, at, this.size);
    const before = index - first;
    const after = run - before - 1;
    let size = 0;
    if (before > 0) size = writeRun(pieces, size, value, before);
    pieces[size++] = valueOpcode(rank, 1);
    if (after > 0) size = writeRun(pieces, size, value, after);
    return size;
  }

  /** Puts the pieces in the place of the opcode found. */
  private replace(opcodeBytes: number, growth: number): void {
    const bytes = this.bytes;
    const at = this.search.at;
    const rest = at + opcodeBytes;
    if (growth !== 0) {
      if (rest < this.size) bytes.copyWithin(rest + growth, rest, this.size);
      this.size += growth;
    }
    copyBytes(bytes, at, this.pieces, 0, opcodeBytes + growth);
  }

  /** Joins neighbours of the same value, from the opcode before the one found on. */
  private join(): void {
    const bytes = this.bytes;
    let at = this.search.previousAt;
    for (let step = 0; step < JOIN_STEPS && at < this.size; step++) {
      const opcode = bytes[at]!;
      const value = opcodeValue(opcode);
      const next = at + 1;
      const hasTwin = value !== 0 && next < this.size && opcodeValue(bytes[next]!) === value;
      const run = hasTwin ? opcodeRun(bytes, at, next) + opcodeRun(bytes, next, this.size) : 0;
      if (hasTwin && run <= VALUE_RUN_MAX) {
        bytes[next] = valueOpcode(value, run);
        bytes.copyWithin(at, next, this.size);
        this.size -= 1; // and look again: the joined one may equal the next
      } else {
        at += opcodeSize(opcode);
      }
    }
  }
}

/** A run of up to four equal values, or of any number of zeros. */
function writeRun(bytes: Uint8Array, offset: number, value: number, run: number): number {
  if (value === 0) return writeZeroRun(bytes, offset, run);
  bytes[offset] = valueOpcode(value, run);
  return offset + 1;
}
