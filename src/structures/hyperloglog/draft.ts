/**
 * A HyperLogLog that is being changed: a copy in this thread's own memory, sparse or dense, which becomes dense when it has to.
 * Nobody sees it before a command writes it back.
 */

import { raiseRegister } from './dense.js';
import { DENSE_BYTES, ENCODING_DENSE, ENCODING_OFFSET, HEADER_BYTES, isDense } from './layout.js';
import { placeIndex, placeRank } from './murmur.js';
import { CHANGED, CORRUPT, SparseEditor, TOO_LARGE, UNCHANGED } from './sparse-editor.js';
import { Union } from './union.js';

export class Draft extends SparseEditor {
  private readonly union: Union;

  constructor() {
    super();
    this.union = new Union();
  }

  /**
   * Raises the register of a place (murmur.ts): UNCHANGED, CHANGED or CORRUPT. A change in sparse opcodes marks the value stale
   * at once, because later elements may still meet a place that is corrupt; dense ones leave that to the caller.
   *
   * @param sparseBytesMax `hll-sparse-max-bytes`
   */
  raise(place: number, sparseBytesMax: number): number {
    const index = placeIndex(place);
    const rank = placeRank(place);
    if (!isDense(this.bytes, 0)) {
      const outcome = this.raiseNext(index, rank, sparseBytesMax);
      this.rewind();
      if (outcome === CHANGED) this.markStale();
      if (outcome !== TOO_LARGE) return outcome;
      if (!this.becomeDense()) return CORRUPT;
    }
    return raiseRegister(this.bytes, HEADER_BYTES, index, rank) ? CHANGED : UNCHANGED;
  }

  /** Raises the registers of a sparse draft to those of a union of which it was a part. */
  raiseAll(union: Union, sparseBytesMax: number): void {
    const registers = union.registers;
    for (let index = 0; index < registers.length; index++) {
      const rank = registers[index]!;
      if (rank === 0 || this.raiseNext(index, rank, sparseBytesMax) !== TOO_LARGE) continue;
      this.takeRegisters(union);
      return;
    }
  }

  /** Makes a sparse draft dense, whatever else its header says. False when it is corrupt: nothing has changed then. */
  becomeDense(): boolean {
    this.union.clear();
    if (!this.union.addSparse(this.bytes, HEADER_BYTES, this.size)) return false;
    this.takeRegisters(this.union);
    return true;
  }

  /** Makes it dense, with the registers of `union`. */
  takeRegisters(union: Union): void {
    this.bytes[ENCODING_OFFSET] = ENCODING_DENSE;
    union.pack(this.data, HEADER_BYTES);
    this.size = DENSE_BYTES;
  }

  /** Offset of the first byte in which a value of the same size differs; that size when none does. */
  firstDifference(data: DataView, offset: number): number {
    let at = 0;
    while (at + 4 <= this.size && this.data.getInt32(at, true) === data.getInt32(offset + at, true)) at += 4;
    while (at < this.size && this.bytes[at] === data.getUint8(offset + at)) at += 1;
    return at;
  }

  /** Offset behind the last byte in which it differs, if it does. */
  lastDifference(data: DataView, offset: number): number {
    let end = this.size;
    while (end >= 4 && this.data.getInt32(end - 4, true) === data.getInt32(offset + end - 4, true)) end -= 4;
    while (end > 0 && this.bytes[end - 1] === data.getUint8(offset + end - 1)) end -= 1;
    return end;
  }
}
