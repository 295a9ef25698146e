/**
 * What a search for places asks for: GEOSEARCH and its relatives, with all their options.
 *
 * `GeoQuery` reads the arguments in Redis's order, so that the first mistake is the one that is told. One instance is enough
 * for a thread: `query`.
 */

import { latitudeOf, longitudeOf } from '../base/geohash.js';
import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import { memberScore } from './geo.js';
import { GeoArea } from './geo-area.js';
import { checkCoordinates, NO_UNIT, readNumber, readUnit } from './geo-arguments.js';

/** Where a command has the centre: in options, as longitude and latitude before the radius, or as a member before it. */
export const CENTER_IN_OPTIONS = 0;
export const CENTER_AT_COORDINATES = 1;
export const CENTER_AT_MEMBER = 2;

/** What a command of the family is like. */
export interface SearchForm {
  /** The sorted set that is searched: which key it is, and which argument. */
  readonly sourceKey: number;
  readonly sourceAt: number;
  readonly center: number;
  /** The first option. */
  readonly optionsAt: number;
  /** The key that the result is stored in is argument 1. */
  readonly isStore: boolean;
  /** The result may be stored, by the options STORE and STOREDIST. */
  readonly takesStore: boolean;
}

export const UNSORTED = 0;
export const ASCENDING = 1;
export const DESCENDING = 2;

/** What reading an option returns when there was an error reply; else the number of its arguments. */
const FAILED = -1;
const UNKNOWN = -2;

/** Where the centre has come from. */
const NOWHERE = 0;
const FROM_MEMBER = 1;
const FROM_COORDINATES = 2;

class GeoQuery {
  readonly area = new GeoArea();
  withDistance = false;
  withHash = false;
  withCoordinates = false;
  order = UNSORTED;
  /** At most so many places, 0 = all; and any of them, not the first ones. */
  count = 0;
  isAny = false;
  /** The argument that is the key in which the result is stored, 0 = none; with distances as scores. */
  storeAt = 0;
  storesDistances = false;
  private center = NOWHERE;
  private hasShape = false;

  /** Reads a request; `entry` is the sorted set, 0 = there is none. False after an error reply. */
  read(call: Call, form: SearchForm, entry: number): boolean {
    this.reset();
    if (form.isStore) this.storeAt = 1;
    if (!this.readFixed(call, form, entry)) return false;
    for (let index = form.optionsAt; index < call.count; index++) {
      const taken = this.readOption(call, form, entry, index);
      if (taken === UNKNOWN) call.reply.error(errors.SYNTAX);
      if (taken < 0) return false;
      index += taken;
    }
    const error = this.contradiction(call, form);
    if (error === undefined) return true;
    call.reply.error(error);
    return false;
  }

  private reset(): void {
    this.withDistance = false;
    this.withHash = false;
    this.withCoordinates = false;
    this.order = UNSORTED;
    this.count = 0;
    this.isAny = false;
    this.storeAt = 0;
    this.storesDistances = false;
    this.center = NOWHERE;
    this.hasShape = false;
    this.area.isBox = false;
  }

  /** Centre and radius of the commands that have them at fixed places. */
  private readFixed(call: Call, form: SearchForm, entry: number): boolean {
    if (form.center === CENTER_AT_COORDINATES) {
      return this.readCoordinates(call, 2) && this.readRadius(call, form.optionsAt - 2);
    }
    // As in Redis, no radius is looked at when there is nothing to search.
    if (form.center === CENTER_IN_OPTIONS || entry === 0) return true;
    return this.readMember(call, form, entry, 2) && this.readRadius(call, form.optionsAt - 2);
  }

  /** Reads the option at `index`: how many arguments it has, FAILED or UNKNOWN. */
  private readOption(call: Call, form: SearchForm, entry: number, index: number): number {
    const left = call.count - 1 - index;
    if (call.is(index, 'WITHDIST')) this.withDistance = true;
    else if (call.is(index, 'WITHHASH')) this.withHash = true;
    else if (call.is(index, 'WITHCOORD')) this.withCoordinates = true;
    else if (call.is(index, 'ANY')) this.isAny = true;
    else if (call.is(index, 'ASC')) this.order = ASCENDING;
    else if (call.is(index, 'DESC')) this.order = DESCENDING;
    else if (call.is(index, 'COUNT') && left >= 1) return this.readCount(call, index + 1) ? 1 : FAILED;
    else if (form.takesStore) return this.readStore(call, index, left);
    else if (form.isStore && call.is(index, 'STOREDIST')) this.storesDistances = true;
    else if (form.center === CENTER_IN_OPTIONS) return this.readCenterOrShape(call, form, entry, index, left);
    else return UNKNOWN;
    return 0;
  }

  private readStore(call: Call, index: number, left: number): number {
    const isDistances = call.is(index, 'STOREDIST');
    if (left < 1 || !(isDistances || call.is(index, 'STORE'))) return UNKNOWN;
    this.storeAt = index + 1;
    this.storesDistances = isDistances;
    return 1;
  }

  private readCenterOrShape(
    call: Call,
    form: SearchForm,
    entry: number,
    index: number,
    left: number,
  ): number {
    const { center, hasShape, area } = this;
    if (call.is(index, 'FROMMEMBER') && left >= 1 && center !== FROM_COORDINATES) {
      this.center = FROM_MEMBER;
      return entry === 0 || this.readMember(call, form, entry, index + 1) ? 1 : FAILED;
    }
    if (call.is(index, 'FROMLONLAT') && left >= 2 && center !== FROM_MEMBER) {
      this.center = FROM_COORDINATES;
      return this.readCoordinates(call, index + 1) ? 2 : FAILED;
    }
    if (call.is(index, 'BYRADIUS') && left >= 2 && !(hasShape && area.isBox)) {
      return this.readRadius(call, index + 1) ? 2 : FAILED;
    }
    if (call.is(index, 'BYBOX') && left >= 3 && !(hasShape && !area.isBox)) {
      return this.readBox(call, index + 1) ? 3 : FAILED;
    }
    return UNKNOWN;
  }

  private readCount(call: Call, index: number): boolean {
    this.count = call.clampedInteger(index);
    if (this.count !== NOT_INTEGER && this.count > 0) return true;
    call.reply.error(this.count === NOT_INTEGER ? errors.NOT_AN_INTEGER : errors.GEO_COUNT);
    return false;
  }

  private readMember(call: Call, form: SearchForm, entry: number, index: number): boolean {
    const score = memberScore(call, form.sourceKey, entry, index);
    if (Number.isNaN(score)) {
      call.reply.error(errors.GEO_MEMBER);
      return false;
    }
    this.area.longitude = longitudeOf(score);
    this.area.latitude = latitudeOf(score);
    return true;
  }

  private readCoordinates(call: Call, index: number): boolean {
    if (!checkCoordinates(call, index)) return false;
    this.area.longitude = readNumber(call, index);
    this.area.latitude = readNumber(call, index + 1);
    return true;
  }

  private readRadius(call: Call, index: number): boolean {
    const { area } = this;
    area.radius = readNumber(call, index);
    if (Number.isNaN(area.radius)) return fail(call, errors.GEO_RADIUS);
    if (area.radius < 0) return fail(call, errors.GEO_RADIUS_NEGATIVE);
    return this.setShape(false, readUnit(call, index + 1));
  }

  private readBox(call: Call, index: number): boolean {
    const { area } = this;
    area.width = readNumber(call, index);
    if (Number.isNaN(area.width)) return fail(call, errors.GEO_WIDTH);
    area.height = readNumber(call, index + 1);
    if (Number.isNaN(area.height)) return fail(call, errors.GEO_HEIGHT);
    if (area.width < 0 || area.height < 0) return fail(call, errors.GEO_BOX_NEGATIVE);
    return this.setShape(true, readUnit(call, index + 2));
  }

  private setShape(isBox: boolean, unit: number): boolean {
    this.hasShape = true;
    this.area.isBox = isBox;
    this.area.unit = unit;
    return unit !== NO_UNIT;
  }

  private contradiction(call: Call, form: SearchForm): string | undefined {
    if (this.storeAt !== 0 && (this.withDistance || this.withHash || this.withCoordinates)) {
      return form.isStore ? errors.GEOSEARCHSTORE_WITH : errors.GEORADIUS_STORE_WITH;
    }
    if (form.center === CENTER_IN_OPTIONS) {
      if (this.center === NOWHERE) return errors.geoCenterMissing(call.byteText(0));
      if (!this.hasShape) return errors.geoShapeMissing(call.byteText(0));
    }
    return this.isAny && this.count === 0 ? errors.GEO_ANY_WITHOUT_COUNT : undefined;
  }
}

function fail(call: Call, error: string): boolean {
  call.reply.error(error);
  return false;
}

/** What the request under way asks for. */
export const query = new GeoQuery();
