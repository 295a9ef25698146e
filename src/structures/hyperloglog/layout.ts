/**
 * A HyperLogLog as bytes: the header of its string value, which is Redis's.
 *
 *     offset  size  what
 *     0       4     "HYLL"
 *     4       1     encoding: 0 dense, 1 sparse
 *     5       3     unused: 0 when made here, kept as they are otherwise
 *     8       8     cached cardinality, u64 little endian; its highest bit says that it is out of date
 *     16      ...   the registers
 *
 * There are 16384 registers of 0 to 51. dense.ts and sparse.ts tell how they lie there; docs/formats/hyperloglog.md is the page
 * for people.
 *
 * Values come from clients (SET, RESTORE), so that nothing in them may be trusted beyond what `isHyperLogLog` has looked at.
 */

export const REGISTER_COUNT = 16384;
/** Bits of the hash that choose the register. */
export const REGISTER_INDEX_BITS = 14;
/** The highest rank that a hash can give: 50 bits are left when the register is chosen, and all of them may be 0. */
export const RANK_MAX = 51;
/** What a register of six bits can hold, if somebody wrote it by hand. */
export const REGISTER_MAX = 63;

export const HEADER_BYTES = 16;
export const ENCODING_OFFSET = 4;
export const CARDINALITY_OFFSET = 8;
/** The byte of the cached cardinality with the bit that says that it is out of date. */
export const STALE_OFFSET = 15;
export const STALE_BIT = 0x80;

export const ENCODING_DENSE = 0;
export const ENCODING_SPARSE = 1;

/** A dense value: the header and six bits a register. */
export const DENSE_BYTES = HEADER_BYTES + (REGISTER_COUNT * 6) / 8;
/**
 * A sparse value that describes all registers and no more can't be longer: the most that a register can take is an XZERO of its
 * own, two bytes.
 */
export const SPARSE_BYTES_MAX = HEADER_BYTES + 2 * REGISTER_COUNT;

/** What is cached when the registers say more than 63 bits can: it reads as out of date. */
const CARDINALITY_UNKNOWN = -(2 ** 63);

const LETTER_H = 0x48;
const LETTER_Y = 0x59;
const LETTER_L = 0x4c;

/** True when the string begins as a HyperLogLog does, and has its size if it is a dense one. */
export function isHyperLogLog(bytes: Uint8Array, offset: number, size: number): boolean {
  if (size < HEADER_BYTES) return false;
  if (bytes[offset] !== LETTER_H || bytes[offset + 1] !== LETTER_Y) return false;
  if (bytes[offset + 2] !== LETTER_L || bytes[offset + 3] !== LETTER_L) return false;
  const encoding = bytes[offset + ENCODING_OFFSET]!;
  return encoding === ENCODING_SPARSE || (encoding === ENCODING_DENSE && size === DENSE_BYTES);
}

/** Of a HyperLogLog: whether it is dense. */
export function isDense(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset + ENCODING_OFFSET] === ENCODING_DENSE;
}

/** Of a HyperLogLog: whether its cached cardinality is out of date. */
export function isStale(bytes: Uint8Array, offset: number): boolean {
  return (bytes[offset + STALE_OFFSET]! & STALE_BIT) !== 0;
}

/** Writes the header of an empty sparse HyperLogLog. */
export function writeHeader(bytes: Uint8Array): void {
  bytes.fill(0, 0, HEADER_BYTES);
  bytes[0] = LETTER_H;
  bytes[1] = LETTER_Y;
  bytes[2] = LETTER_L;
  bytes[3] = LETTER_L;
  bytes[ENCODING_OFFSET] = ENCODING_SPARSE;
}

/** Writes an estimate (estimate.ts) as a cached cardinality. */
export function writeCardinality(data: DataView, offset: number, cardinality: number): void {
  const value = cardinality < 2 ** 63 ? cardinality : CARDINALITY_UNKNOWN;
  data.setUint32(offset, value % 2 ** 32, true);
  data.setInt32(offset + 4, Math.floor(value / 2 ** 32), true);
}
