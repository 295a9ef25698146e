/**
 * The longest common subsequence of two byte strings A and B, 32 cells of the table at a time.
 *
 * The textbook's table holds in row i, column j the length L(i, j) for the first i bytes of A and the first j bytes of B. Along a
 * row it never falls, and rises by at most one from column to column: a bit a column tells it all, and 32 columns take a few
 * machine operations on one word. Two strings of 11 KB, which take Redis 512 MB and half a second, take 16 MB and some ten
 * milliseconds.
 *
 *     bit j - 1 of row i is 0  <=>  L(i, j) = L(i, j - 1) + 1
 *     row 0 is all ones;  next row = (row + (row & match)) | (row & ~match)      match: where B has this byte of A
 *
 * Memory is the caller's, `wordsNeeded` words of it: the matches of the bytes that A has, then the rows.
 *
 * Source: Crochemore, Iliopoulos, Pinzon, Reid: A fast and practical bit-vector algorithm for the longest common subsequence
 * problem (2001). The way back through the table is Redis's.
 */

const WORD_BITS_SHIFT = 5;
const WORD_BITS_MASK = 31;
const ALL_ONES = 0xffff_ffff;
const BYTE_VALUES = 256;
const NO_MATCH = -1;

export class CommonSubsequence {
  /** What `nextRun` found: where the run begins in A and in B, and its length. */
  runA = 0;
  runB = 0;
  runLength = 0;
  private a: Uint8Array = new Uint8Array(0);
  private b: Uint8Array = new Uint8Array(0);
  private aOffset = 0;
  private bOffset = 0;
  private aSize = 0;
  private bSize = 0;
  /** How far the way back has come: bytes of A and of B that are left. */
  private aLeft = 0;
  private bLeft = 0;
  private words: Uint32Array = new Uint32Array(0);
  private rowWords = 0;
  private matchesAt = 0;
  private rowsAt = 0;
  /** Which match is that of a byte, or NO_MATCH. */
  private readonly matchOf = new Int16Array(BYTE_VALUES);

  /** Words that `measure` needs for strings of these sizes. */
  wordsNeeded(aSize: number, bSize: number, keepsRows: boolean): number {
    const rowCount = keepsRows ? aSize + 1 : 1;
    return (Math.min(aSize, BYTE_VALUES) + rowCount) * wordsOf(bSize);
  }

  /**
   * Computes the table in `words[at...]` and returns the length. Time: aSize * bSize / 32, about 2 ns each.
   *
   * @param keepsRows for `nextRun`, which needs all of the table until it is done
   */
  measure(
    a: Uint8Array,
    aOffset: number,
    aSize: number,
    b: Uint8Array,
    bOffset: number,
    bSize: number,
    words: Uint32Array,
    at: number,
    keepsRows: boolean,
  ): number {
    this.a = a;
    this.b = b;
    this.aOffset = aOffset;
    this.bOffset = bOffset;
    this.aSize = aSize;
    this.bSize = bSize;
    this.aLeft = aSize;
    this.bLeft = bSize;
    this.words = words;
    this.rowWords = wordsOf(bSize);
    this.matchesAt = at;
    this.rowsAt = at + this.findMatches() * this.rowWords;
    words.fill(ALL_ONES, this.rowsAt, this.rowsAt + this.rowWords);
    let row = this.rowsAt;
    for (let index = 0; index < aSize; index++) {
      const next = keepsRows ? row + this.rowWords : row;
      this.computeRow(row, next, this.matchesAt + this.matchOf[a[aOffset + index]!]! * this.rowWords);
      row = next;
    }
    return this.countZeros(row);
  }

  /** Finds the next run of bytes that A and B have in common, going backwards; false when there are no more. */
  nextRun(): boolean {
    let aLeft = this.aLeft;
    let bLeft = this.bLeft;
    while (aLeft > 0 && bLeft > 0 && !this.endsEqual(aLeft, bLeft)) {
      // On equal lengths Redis drops the last byte of B.
      if (this.rises(aLeft, bLeft)) aLeft -= 1;
      else bLeft -= 1;
    }
    const end = aLeft;
    while (aLeft > 0 && bLeft > 0 && this.endsEqual(aLeft, bLeft)) {
      aLeft -= 1;
      bLeft -= 1;
    }
    this.aLeft = aLeft;
    this.bLeft = bLeft;
    this.runA = aLeft;
    this.runB = bLeft;
    this.runLength = end - aLeft;
    return this.runLength > 0;
  }

  /** Gives each byte of A a number and notes where B has it. Returns how many there are. */
  private findMatches(): number {
    const { a, b, aOffset, bOffset, matchOf, matchesAt, rowWords, words } = this;
    matchOf.fill(NO_MATCH);
    let count = 0;
    for (let index = 0; index < this.aSize; index++) {
      const byte = a[aOffset + index]!;
      if (matchOf[byte] === NO_MATCH) matchOf[byte] = count++;
    }
    words.fill(0, matchesAt, matchesAt + count * rowWords);
    for (let index = 0; index < this.bSize; index++) {
      const match = matchOf[b[bOffset + index]!]!;
      if (match === NO_MATCH) continue;
      words[matchesAt + match * rowWords + (index >>> WORD_BITS_SHIFT)]! |= 1 << (index & WORD_BITS_MASK);
    }
    return count;
  }

  /** The row after the one at `from`, written at `to`, for a byte of A whose match is at `match`. */
  private computeRow(from: number, to: number, match: number): void {
    const words = this.words;
    let carry = 0;
    for (let word = 0; word < this.rowWords; word++) {
      const row = words[from + word]! | 0;
      const matching = row & words[match + word]!;
      const sum = (row + matching + carry) | 0;
      carry = (matching | (row & ~sum)) >>> WORD_BITS_MASK;
      words[to + word] = sum | (row & ~matching);
    }
  }

  /** Columns in which a row rises. Bits beyond the last column are ones and stay so. */
  private countZeros(row: number): number {
    let count = 0;
    for (let word = row; word < row + this.rowWords; word++) {
      for (let zeros = ~this.words[word]!; zeros !== 0; zeros &= zeros - 1) count += 1;
    }
    return count;
  }

  /** True when L(i, j) is above L(i, j - 1). */
  private rises(i: number, j: number): boolean {
    const word = this.words[this.rowsAt + i * this.rowWords + ((j - 1) >>> WORD_BITS_SHIFT)]!;
    return ((word >>> ((j - 1) & WORD_BITS_MASK)) & 1) === 0;
  }

  private endsEqual(i: number, j: number): boolean {
    return this.a[this.aOffset + i - 1] === this.b[this.bOffset + j - 1];
  }
}

/** Words of a row of so many columns. */
function wordsOf(columns: number): number {
  return (columns + WORD_BITS_MASK) >>> WORD_BITS_SHIFT;
}
