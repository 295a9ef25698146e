/**
 * Searches for places in CrabKV and in redis-server: over fields of places where the geohash grid has its edges, with radii from
 * centimetres to the whole earth, unsorted, so that the order in which cells are searched is seen. TEST_SEED=X repeats a run.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { type Frame, parseFrame } from '../support/resp.js';
import { skipWithout } from '../support/tools.js';
import { Pair } from './pair.js';

const FIELDS = 40;
const SEARCHES = 100;
const PLACES_MAX = 400;
const LATITUDE_MAX = 85.05112878;

const skip = skipWithout('the comparison of searches for places with those of Redis', 'redis-server');

let pair: Pair;
before(async () => {
  if (skip === false) pair = await Pair.start();
});
after(async () => {
  await pair?.stop();
});

/** The middle of a field: anywhere, at a corner of the grid, or where two cells meet. */
function randomMiddle(random: SeededRandom): [longitude: number, latitude: number] {
  const corners = [-180, -90, -45, 0, 45, 90, 135, 180];
  const corner = corners[random.below(corners.length)] as number;
  switch (random.below(4)) {
    case 0:
      return [fraction(random) * 360 - 180, (fraction(random) * 2 - 1) * LATITUDE_MAX];
    case 1:
      return [corner, (random.below(2) === 0 ? -1 : 1) * LATITUDE_MAX];
    case 2:
      return [corner, ((random.below(17) - 8) / 8) * LATITUDE_MAX];
    default:
      return [corner, (fraction(random) * 2 - 1) * LATITUDE_MAX];
  }
}

function fraction(random: SeededRandom): number {
  return random.next() / 2 ** 32;
}

/** A place within `spread` degrees of the middle. */
function placeNear(random: SeededRandom, [longitude, latitude]: readonly [number, number], spread: number) {
  const moved = (middle: number, max: number) =>
    String(Math.min(Math.max(middle + (fraction(random) * 2 - 1) * spread, -max), max));
  return [moved(longitude, 180), moved(latitude, LATITUDE_MAX)];
}

function randomSearch(
  random: SeededRandom,
  middle: readonly [number, number],
  spread: number,
  count: number,
): string[] {
  const unit = ['m', 'km', 'ft', 'mi'][random.below(4)] as string;
  const metres = { m: 1, km: 1000, ft: 0.3048, mi: 1609.34 }[unit] as number;
  const length = () => String((spread * 111_000 * 4 ** (fraction(random) * 8 - 6)) / metres);
  const from =
    random.below(2) === 0
      ? ['FROMMEMBER', `place ${random.below(count)}`]
      : ['FROMLONLAT', ...placeNear(random, middle, spread)];
  const by = random.below(2) === 0 ? ['BYRADIUS', length(), unit] : ['BYBOX', length(), length(), unit];
  const limit = ['COUNT', String(1 + random.below(count))];
  const options = [[], [], ['ASC'], ['DESC'], limit, [...limit, 'ANY'], [...limit, 'DESC']];
  const properties = [[], ['WITHDIST'], ['WITHCOORD', 'WITHHASH', 'WITHDIST']];
  return [
    'GEOSEARCH',
    'field',
    ...from,
    ...by,
    ...(options[random.below(options.length)] as string[]),
    ...(properties[random.below(properties.length)] as string[]),
  ];
}

/** All texts of a reply. */
function leaves(frame: Frame): string[] {
  return frame.items.length === 0 ? [frame.text] : frame.items.flatMap(leaves);
}

/** Equal but for the last digit of a distance: sines and cosines of processors and libraries differ in their last bit. */
function assertAgreed(left: Buffer, right: Buffer, words: readonly string[]): void {
  if (left.equals(right)) return;
  const [ours, theirs] = [leaves(parseFrame(left)), leaves(parseFrame(right))];
  assert.equal(ours.length, theirs.length, words.join(' '));
  for (const [index, text] of ours.entries()) {
    const other = theirs[index] as string;
    const isDistance = /^\d+\.\d{4}$/.test(text) && Math.abs(Number(text) - Number(other)) < 0.00015;
    if (text !== other && !isDistance) assert.equal(text, other, words.join(' '));
  }
}

async function askBoth(connections: readonly RespConnection[], words: readonly string[]): Promise<Frame> {
  const [ours, theirs] = await Promise.all(connections.map((connection) => connection.request(...words)));
  assertAgreed(ours as Buffer, theirs as Buffer, words);
  return parseFrame(theirs as Buffer);
}

test('searches find the same places in the same order', { skip }, async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const connections = await Promise.all([pair.subject.connect(), pair.reference.connect()]);
  let found = 0;
  for (let field = 0; field < FIELDS; field++) {
    const middle = randomMiddle(random);
    const spread = [180, 40, 5, 0.3, 0.002, 0.00002][random.below(6)] as number;
    const count = 1 + random.below(PLACES_MAX);
    const places = Array.from({ length: count }, (_, index) => [
      ...placeNear(random, middle, spread),
      `place ${index}`,
    ]);
    await askBoth(connections, ['DEL', 'field']);
    await askBoth(connections, ['GEOADD', 'field', ...places.flat()]);
    const names = places.map((place) => place[2] as string);
    await askBoth(connections, ['ZRANGE', 'field', '0', '-1', 'WITHSCORES']);
    await askBoth(connections, ['GEOPOS', 'field', ...names]);
    await askBoth(connections, ['GEOHASH', 'field', ...names]);
    await askBoth(connections, ['GEODIST', 'field', 'place 0', `place ${count - 1}`]);
    for (let search = 0; search < SEARCHES; search++) {
      found += (await askBoth(connections, randomSearch(random, middle, spread, count))).items.length;
    }
  }
  assert.ok(found > FIELDS * SEARCHES, `found only ${found} places`);
  for (const connection of connections) connection.close();
});
