/**
 * Arguments of the commands on places: coordinates, lengths and units.
 */

import { parseDouble } from '../base/double-parser.js';
import { LATITUDE_MAX, LATITUDE_MIN, LONGITUDE_MAX, LONGITUDE_MIN } from '../base/geohash.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';

/** What `readUnit` returns after an error reply: no unit has that many metres. */
export const NO_UNIT = -1;

/** Argument `index` as a number, NaN when it is none. */
export function readNumber(call: Call, index: number): number {
  return parseDouble(call.bytes, call.offset(index), call.size(index));
}

/** True when arguments `index` and `index` + 1 are longitude and latitude of a place on the grid; false after an error reply. */
export function checkCoordinates(call: Call, index: number): boolean {
  const longitude = readNumber(call, index);
  const latitude = Number.isNaN(longitude) ? longitude : readNumber(call, index + 1);
  if (Number.isNaN(latitude)) {
    call.reply.error(errors.NOT_A_FLOAT);
    return false;
  }
  const isOnGrid = longitude >= LONGITUDE_MIN && longitude <= LONGITUDE_MAX;
  if (isOnGrid && latitude >= LATITUDE_MIN && latitude <= LATITUDE_MAX) return true;
  call.reply.error(errors.invalidCoordinates(longitude, latitude));
  return false;
}

/** Metres in the unit that argument `index` names; NO_UNIT after an error reply. */
export function readUnit(call: Call, index: number): number {
  if (call.is(index, 'M')) return 1;
  if (call.is(index, 'KM')) return 1000;
  if (call.is(index, 'FT')) return 0.3048;
  if (call.is(index, 'MI')) return 1609.34;
  call.reply.error(errors.GEO_UNIT);
  return NO_UNIT;
}

/** Coordinates, for the documentation of a command. */
export const COORDINATES: readonly ArgumentSpec[] = [
  { name: 'longitude', type: 'double' },
  { name: 'latitude', type: 'double' },
];

export const UNIT: ArgumentSpec = {
  name: 'unit',
  type: 'oneof',
  arguments: [
    { name: 'm', type: 'pure-token', token: 'M' },
    { name: 'km', type: 'pure-token', token: 'KM' },
    { name: 'ft', type: 'pure-token', token: 'FT' },
    { name: 'mi', type: 'pure-token', token: 'MI' },
  ],
};
