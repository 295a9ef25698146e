/**
 * Geohashes of 52 bits, in which sorted sets keep places: a number for each cell of a grid over the earth.
 *
 * The grid has 2^step rows and columns, up to 2^26. A cell's bits are those of its row and its column in turn, the highest first,
 * the column's before the row's. So the cells of one coarse cell are neighbours on the number line too:
 *
 *     step 1:   row 1 │ 1   3        step 2:   row 3 │  5  7 13 15
 *               row 0 │ 0   2                    ... │  4  6 12 14
 *                     └──────                        └─────────────
 *
 * Longitudes go from -180 to 180, latitudes from -85.05112878 to 85.05112878: a square in the Mercator projection. The last
 * longitude and the last latitude begin a column and a row of their own, 2^step, so that a hash can have 54 bits; as a score it
 * is then rounded to the nearest double, as in Redis.
 *
 * Every operation on doubles is the one that redis-server 7.0 does, in its order: places are told with 17 digits.
 *
 * Source: https://en.wikipedia.org/wiki/Geohash; EPSG:900913; the replies of redis-server 7.0.15.
 */

export const LONGITUDE_MIN = -180;
export const LONGITUDE_MAX = 180;
export const LATITUDE_MIN = -85.05112878;
export const LATITUDE_MAX = 85.05112878;
/** The finest grid. */
export const STEP_MAX = 26;
/** Characters of a geohash as text. */
export const GEOHASH_CHARACTERS = 11;

const LONGITUDE_RANGE = LONGITUDE_MAX - LONGITUDE_MIN;
const LATITUDE_RANGE = LATITUDE_MAX - LATITUDE_MIN;
/** Geohashes as text are about all latitudes. */
const TEXT_LATITUDE_MIN = -90;
const TEXT_LATITUDE_RANGE = 180;

const WORD = 2 ** 32;
/** Rows and columns are interleaved in two halves, each of which gives an integer that JavaScript's operators can work with. */
const HALF_BITS = 13;
const HALF_MASK = 2 ** HALF_BITS - 1;
const LOW_HASH = 2 ** (2 * HALF_BITS);

const CHARACTER_BITS = 5;
const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz';

/** The hash of a place, as a score. */
export function encode(longitude: number, latitude: number): number {
  return cellStart(rowOf(latitude, STEP_MAX), columnOf(longitude, STEP_MAX), STEP_MAX);
}

/** The row of a latitude in the grid of 2^step rows. */
export function rowOf(latitude: number, step: number): number {
  return Math.floor(((latitude - LATITUDE_MIN) / LATITUDE_RANGE) * gridSize(step));
}

/** The column of a longitude in the grid of 2^step columns. */
export function columnOf(longitude: number, step: number): number {
  return Math.floor(((longitude - LONGITUDE_MIN) / LONGITUDE_RANGE) * gridSize(step));
}

/** The latitude where a row begins; the next one's is where it ends. */
export function rowStart(row: number, step: number): number {
  return LATITUDE_MIN + (row / gridSize(step)) * LATITUDE_RANGE;
}

/** The longitude where a column begins. */
export function columnStart(column: number, step: number): number {
  return LONGITUDE_MIN + (column / gridSize(step)) * LONGITUDE_RANGE;
}

/** The first hash in a cell, as a score. */
export function cellStart(row: number, column: number, step: number): number {
  return interleave(row, column, 0) * gridSize(STEP_MAX - step) ** 2;
}

/** The first hash behind a cell, as a score. */
export function cellEnd(row: number, column: number, step: number): number {
  return interleave(row, column, 1) * gridSize(STEP_MAX - step) ** 2;
}

/** The longitude of the middle of the cell that a score means, whatever score it is. */
export function longitudeOf(score: number): number {
  const column = (compact(highWord(score) >>> 1) * 2 ** 16 + compact(lowWord(score) >>> 1)) >>> 0;
  const middle = (columnStart(column, STEP_MAX) + columnStart((column + 1) >>> 0, STEP_MAX)) / 2;
  return Math.min(Math.max(middle, LONGITUDE_MIN), LONGITUDE_MAX);
}

/** The latitude of the middle of the cell that a score means. */
export function latitudeOf(score: number): number {
  const row = (compact(highWord(score)) * 2 ** 16 + compact(lowWord(score))) >>> 0;
  const middle = (rowStart(row, STEP_MAX) + rowStart((row + 1) >>> 0, STEP_MAX)) / 2;
  return Math.min(Math.max(middle, LATITUDE_MIN), LATITUDE_MAX);
}

/** Writes the hash of a place as text, `sqc8b49rny0`; the last character, for which there are not bits enough, is always 0. */
export function writeGeohash(target: Uint8Array, offset: number, longitude: number, latitude: number): void {
  const row = Math.floor(((latitude - TEXT_LATITUDE_MIN) / TEXT_LATITUDE_RANGE) * gridSize(STEP_MAX));
  const hash = interleave(row, columnOf(longitude, STEP_MAX), 0);
  for (let index = 0; index < GEOHASH_CHARACTERS; index++) {
    const bitsBehind = 2 * STEP_MAX - (index + 1) * CHARACTER_BITS;
    const digit = bitsBehind < 0 ? 0 : Math.floor(hash / 2 ** bitsBehind) % ALPHABET.length;
    target[offset + index] = ALPHABET.charCodeAt(digit);
  }
}

/** Rows, or columns, of a grid. */
function gridSize(step: number): number {
  return 1 << step;
}

/** The hash of row and column, and `beyond` more; rounded once, where it has more than 53 bits. */
function interleave(row: number, column: number, beyond: number): number {
  const low = spread(row & HALF_MASK) + 2 * spread(column & HALF_MASK) + beyond;
  return (spread(row >>> HALF_BITS) + 2 * spread(column >>> HALF_BITS)) * LOW_HASH + low;
}

/** Puts a 0 before each of 15 bits. */
function spread(bits: number): number {
  let spaced = bits;
  spaced = (spaced | (spaced << 8)) & 0x00ff_00ff;
  spaced = (spaced | (spaced << 4)) & 0x0f0f_0f0f;
  spaced = (spaced | (spaced << 2)) & 0x3333_3333;
  return (spaced | (spaced << 1)) & 0x5555_5555;
}

/** Takes every second of 32 bits, beginning with the last. */
function compact(bits: number): number {
  let compacted = bits & 0x5555_5555;
  compacted = (compacted | (compacted >>> 1)) & 0x3333_3333;
  compacted = (compacted | (compacted >>> 2)) & 0x0f0f_0f0f;
  compacted = (compacted | (compacted >>> 4)) & 0x00ff_00ff;
  return (compacted | (compacted >>> 8)) & 0x0000_ffff;
}

/** The lower 32 bits of a score as an unsigned integer of 64 bits, as x86-64 converts it; not all scores come from GEOADD. */
function lowWord(score: number): number {
  if (score < -(2 ** 63) || score >= 2 ** 64) return 0;
  const whole = Math.trunc(score);
  return (whole - Math.floor(whole / WORD) * WORD) >>> 0;
}

/** The upper 32 bits. What is too low becomes the lowest integer with a sign, what is too high 0. */
function highWord(score: number): number {
  if (score < -(2 ** 63)) return 0x8000_0000;
  if (score >= 2 ** 64) return 0;
  return Math.floor(Math.trunc(score) / WORD) >>> 0;
}
