/**
 * An area on the earth that is searched: a circle or a box around a place, and the cells of the geohash grid that cover it.
 *
 * A step is chosen at which cells are about as large as the area: then the cell of the centre and those around it are enough,
 * and those of them that the area does not reach are left out. All members in a cell are neighbours in the sorted set
 * (base/geohash.ts), so a search is at most nine ranges of scores:
 *
 *     NW 6 │ N 1 │ NE 5
 *     ─────┼─────┼─────       the number is the order in which they are searched, which clients
 *     W  4 │  0  │ E  3       see in unsorted replies, and in what COUNT ANY finds
 *     ─────┼─────┼─────
 *     SW 8 │ S 2 │ SE 7
 *
 * Everything is computed as redis-server 7.0.15 does it, where it is wrong, too: an area that reaches over the 180th meridian is
 * cut off there, and none is seen to go around a pole.
 */

import { cellEnd, cellStart, columnOf, columnStart, rowOf, rowStart, STEP_MAX } from '../base/geohash.js';
import { degreesOfArc, distance } from '../base/great-circle.js';

/** No distance is that. */
export const OUTSIDE = -1;

const RANGES_MAX = 9;

const EAST = 1;
const WEST = -1;
const NORTH = 1;
const SOUTH = -1;
/** By number of cell: where it lies from the centre's. */
const COLUMN_OFFSETS = [0, 0, 0, EAST, WEST, EAST, WEST, EAST, WEST];
const ROW_OFFSETS = [0, NORTH, SOUTH, 0, 0, NORTH, NORTH, SOUTH, SOUTH];

/** Half the circumference of the earth in the Mercator projection, in metres. */
const MERCATOR_MAX_M = 20037726.37;
/** Beyond these latitudes, north or south, cells are so narrow that coarser ones are taken. */
const NARROW_LATITUDE = 66;
const NARROWEST_LATITUDE = 80;
/** With fewer cells than at this step, none are left out. */
const SELECTIVE_STEP_MIN = 2;

export class GeoArea {
  // Doubles from the first on, so that storing one makes no garbage.
  longitude = Number.NaN;
  latitude = Number.NaN;
  isBox = false;
  /** Of a circle, in units; of a box, width and height. */
  radius = Number.NaN;
  width = Number.NaN;
  height = Number.NaN;
  /** Metres in a unit. */
  unit = Number.NaN;
  /** Set by `cover`: each range is from `starts[i]` on, up to but without `ends[i]`. */
  readonly starts = new Float64Array(RANGES_MAX);
  readonly ends = new Float64Array(RANGES_MAX);
  rangeCount = 0;
  /** The bounding box, in degrees. */
  private west = Number.NaN;
  private east = Number.NaN;
  private south = Number.NaN;
  private north = Number.NaN;
  /** The grid, and the cell of the centre. */
  private step = 0;
  private row = 0;
  private column = 0;

  /** Metres from the centre to a place, OUTSIDE when it is not in the area. */
  distanceWithin(longitude: number, latitude: number): number {
    if (!this.isBox) {
      const metres = distance(this.longitude, this.latitude, longitude, latitude);
      return metres > this.radius * this.unit ? OUTSIDE : metres;
    }
    if (distance(longitude, latitude, this.longitude, latitude) > (this.width * this.unit) / 2)
      return OUTSIDE;
    if (distance(longitude, latitude, longitude, this.latitude) > (this.height * this.unit) / 2)
      return OUTSIDE;
    return distance(this.longitude, this.latitude, longitude, latitude);
  }

  /** Finds the ranges of scores that cover the area, in the order in which they are to be searched. */
  cover(): void {
    this.bound();
    this.setStep(this.estimateStep());
    if (this.step > 1 && !this.isCovered()) this.setStep(this.step - 1);
    const row = this.row;
    const column = this.column;
    const isSelective = this.step >= SELECTIVE_STEP_MIN;
    const skipsSouth = isSelective && rowStart(row, this.step) < this.south;
    const skipsNorth = isSelective && rowStart(row + 1, this.step) > this.north;
    const skipsWest = isSelective && columnStart(column, this.step) < this.west;
    const skipsEast = isSelective && columnStart(column + 1, this.step) > this.east;
    this.rangeCount = 0;
    for (let cell = 0; cell < RANGES_MAX; cell++) {
      const rowOffset = ROW_OFFSETS[cell]!;
      const columnOffset = COLUMN_OFFSETS[cell]!;
      if (rowOffset === NORTH ? skipsNorth : rowOffset === SOUTH && skipsSouth) continue;
      if (columnOffset === EAST ? skipsEast : columnOffset === WEST && skipsWest) continue;
      this.addCell(this.moved(row, rowOffset), this.moved(column, columnOffset));
    }
  }

  private bound(): void {
    const { latitude, longitude, unit } = this;
    const height = unit * (this.isBox ? this.height / 2 : this.radius);
    const width = unit * (this.isBox ? this.width / 2 : this.radius);
    const latitudes = degreesOfArc(height, 0);
    // The side that is nearer to the pole has more degrees.
    const edge = latitude < 0 ? latitude - latitudes : latitude + latitudes;
    const longitudes = degreesOfArc(width, edge);
    this.west = longitude - longitudes;
    this.east = longitude + longitudes;
    this.south = latitude - latitudes;
    this.north = latitude + latitudes;
  }

  /** The step whose cells are not much larger than the circle, or that around the box. */
  private estimateStep(): number {
    const halfWidth = this.width / 2;
    const halfHeight = this.height / 2;
    const radius = this.isBox ? Math.sqrt(halfWidth * halfWidth + halfHeight * halfHeight) : this.radius;
    let metres = radius * this.unit;
    if (metres === 0) return STEP_MAX;
    let step = -1;
    for (; metres < MERCATOR_MAX_M; metres *= 2) step += 1;
    const pole = Math.abs(this.latitude);
    if (pole > NARROW_LATITUDE) step -= pole > NARROWEST_LATITUDE ? 2 : 1;
    return Math.min(Math.max(step, 1), STEP_MAX);
  }

  private setStep(step: number): void {
    this.step = step;
    this.row = rowOf(this.latitude, step);
    this.column = columnOf(this.longitude, step);
  }

  /** False when the area goes beyond the cells around the centre's: it is near the edge of one that has a narrow neighbour. */
  private isCovered(): boolean {
    const { step } = this;
    return (
      rowStart(this.moved(this.row, NORTH) + 1, step) >= this.north &&
      rowStart(this.moved(this.row, SOUTH), step) <= this.south &&
      columnStart(this.moved(this.column, EAST) + 1, step) >= this.east &&
      columnStart(this.moved(this.column, WEST), step) <= this.west
    );
  }

  /** A row or column, or one beside it: the grid goes round. */
  private moved(index: number, offset: number): number {
    return offset === 0 ? index : (index + offset) & (2 ** this.step - 1);
  }

  /** Adds the range of a cell. With few cells in the grid, two neighbours of the centre's are the same one. */
  private addCell(row: number, column: number): void {
    const start = cellStart(row, column, this.step);
    const last = this.rangeCount - 1;
    if (last > 0 && this.starts[last] === start) return;
    this.starts[this.rangeCount] = start;
    this.ends[this.rangeCount] = cellEnd(row, column, this.step);
    this.rangeCount += 1;
  }
}
