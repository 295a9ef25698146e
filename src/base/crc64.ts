/**
 * CRC-64 as Redis puts it behind a DUMP payload: polynomial 0xad93d23594c935a9 ("Jones"), bits reflected, initial value 0, no
 * final inversion. Its check value, that of `123456789`, is 0xe9c6d914c4b8d9ca.
 *
 * A 64-bit register is two 32-bit halves here. Eight tables take eight bytes a step: table k tells what a byte becomes after k
 * more bytes of zeros have passed.
 *
 * Source: the comment on crc64 in Redis's crc64.c, which gives these parameters.
 */

/** The polynomial with its bits in reverse order. */
const POLYNOMIAL_LOW = 0xac4b_c9b5 | 0;
const POLYNOMIAL_HIGH = 0x95ac_9329 | 0;

const STEP_BYTES = 8;
const tablesLow = new Int32Array(STEP_BYTES * 256);
const tablesHigh = new Int32Array(STEP_BYTES * 256);
makeTables();

/** A checksum under way: `add` bytes, then read the halves. */
export class Crc64 {
  low = 0;
  high = 0;

  reset(): void {
    this.low = 0;
    this.high = 0;
  }

  /** Takes in `bytes[offset..offset + size)`. */
  add(bytes: Uint8Array, offset: number, size: number): void {
    let low = this.low;
    let high = this.high;
    const end = offset + size;
    let at = offset;
    for (; at + STEP_BYTES <= end; at += STEP_BYTES) {
      low ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      high ^= bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
      const a = 0x700 | (low & 0xff);
      const b = 0x600 | ((low >>> 8) & 0xff);
      const c = 0x500 | ((low >>> 16) & 0xff);
      const d = 0x400 | (low >>> 24);
      const e = 0x300 | (high & 0xff);
      const f = 0x200 | ((high >>> 8) & 0xff);
      const g = 0x100 | ((high >>> 16) & 0xff);
      const h = high >>> 24;
      low =
        tablesLow[a]! ^
        tablesLow[b]! ^
        tablesLow[c]! ^
        tablesLow[d]! ^
        tablesLow[e]! ^
        tablesLow[f]! ^
        tablesLow[g]! ^
        tablesLow[h]!;
      high =
        tablesHigh[a]! ^
        tablesHigh[b]! ^
        tablesHigh[c]! ^
        tablesHigh[d]! ^
        tablesHigh[e]! ^
        tablesHigh[f]! ^
        tablesHigh[g]! ^
        tablesHigh[h]!;
    }
    for (; at < end; at++) {
      const index = (low ^ bytes[at]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ tablesLow[index]!;
      high = (high >>> 8) ^ tablesHigh[index]!;
    }
    this.low = low;
    this.high = high;
  }

  /** Writes the checksum in little-endian order: 8 bytes. */
  write(bytes: Uint8Array, offset: number): void {
    for (let index = 0; index < 4; index++) {
      bytes[offset + index] = this.low >>> (index * 8);
      bytes[offset + 4 + index] = this.high >>> (index * 8);
    }
  }

  /** True when the 8 bytes at `offset` are the checksum. */
  equals(bytes: Uint8Array, offset: number): boolean {
    for (let index = 0; index < 4; index++) {
      if (bytes[offset + index] !== ((this.low >>> (index * 8)) & 0xff)) return false;
      if (bytes[offset + 4 + index] !== ((this.high >>> (index * 8)) & 0xff)) return false;
    }
    return true;
  }
}

function makeTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const isSet = (low & 1) !== 0;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (isSet) {
        low ^= POLYNOMIAL_LOW;
        high ^= POLYNOMIAL_HIGH;
      }
    }
    tablesLow[byte] = low;
    tablesHigh[byte] = high;
  }
  for (let index = 256; index < STEP_BYTES * 256; index++) {
    const low = tablesLow[index - 256]!;
    const high = tablesHigh[index - 256]!;
    tablesLow[index] = ((low >>> 8) | (high << 24)) ^ tablesLow[low & 0xff]!;
    tablesHigh[index] = (high >>> 8) ^ tablesHigh[low & 0xff]!;
  }
}
