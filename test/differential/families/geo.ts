/**
 * Random requests on positions.
 *
 * Each member has two places of its own: no two members are ever at the same distance, whose order would be nobody's business.
 */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { request, type Weighted, word } from '../parts.js';
import { count, flags, GEO_KEYS, genericRequests, keyOf, withOptions, withRun } from './collection-parts.js';

const key = keyOf(GEO_KEYS);
const POINTS = 30;
/** Irrational steps, so that the places are all different and lie everywhere: a few around Palermo, the rest around the world. */
function place(point: number, variant: number): [longitude: string, latitude: string] {
  const step = (point * 2 + variant + 1) * Math.SQRT2;
  const [width, height, longitude, latitude] = point < 24 ? [6, 5, 10, 35] : [359, 169, -179.5, -84.5];
  const fraction = (x: number) => x - Math.floor(x);
  return [
    (longitude + fraction(step) * width).toFixed(7),
    (latitude + fraction(step * Math.sqrt(3)) * height).toFixed(7),
  ];
}
const point = fc.oneof(
  { weight: 12, arbitrary: fc.nat(POINTS - 1).map((i) => `p${i}`) },
  { weight: 1, arbitrary: fc.constantFrom('missing', '', '\0\xff') },
);
const placed: fc.Arbitrary<Words> = fc
  .tuple(fc.nat(POINTS - 1), fc.nat(1))
  .map(([i, variant]) => [...place(i, variant), `p${i}`]);
const BAD = [
  'abc',
  '',
  'nan',
  'inf',
  '-inf',
  '180.0001',
  '-181',
  '85.06',
  '-85.0512',
  '1e400',
  ' 1',
  '1,5',
  '0x',
];
const misplaced: fc.Arbitrary<Words> = fc
  .tuple(fc.nat(POINTS - 1), fc.constantFrom(...BAD), fc.boolean())
  .map(([i, bad, isFirst]) => (isFirst ? [bad, '38', `p${i}`] : ['13', bad, `p${i}`]));
const added = (items: fc.Arbitrary<Words>, maxLength: number) =>
  fc
    .tuple(
      word('GEOADD'),
      key,
      fc.array(fc.constantFrom('NX', 'XX', 'CH', 'ch', 'nx'), { maxLength: 2 }),
      fc.array(items, { minLength: 1, maxLength }),
    )
    .map(([name, k, options, all]): Words => [name, k, ...options, ...all.flat()]);
const everybody = fc
  .tuple(key, fc.nat(1))
  .map(
    ([k, variant]): Words => [
      'GEOADD',
      k,
      ...Array.from({ length: POINTS }, (_, i) => [...place(i, variant), `p${i}`]).flat(),
    ],
  );

const unit = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('m', 'km', 'mi', 'ft', 'KM', 'Mi') },
  { weight: 1, arbitrary: fc.constantFrom('cm', '', 'mm', 'k') },
);
const length = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.constantFrom('1', '50', '100.5', '200', '300', '500', '1500', '9000', '30000'),
  },
  { weight: 1, arbitrary: fc.constantFrom('0', '0.0001', '1000000', '1e5') },
  { weight: 1, arbitrary: fc.constantFrom('-1', 'abc', '', 'nan', '-0.5', ' 1') },
);
const center: fc.Arbitrary<Words> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(200).map((i): Words => place(i % POINTS, 2 + i)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Words>(['179.9', '10'], ['-179.9', '-10'], ['15', '84.9'], ['0', '0']),
  },
  { weight: 1, arbitrary: fc.constantFrom(...BAD).map((bad): Words => [bad, '37']) },
);
const from = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(word('FROMLONLAT'), center).map(([name, at]): Words => [name, ...at]) },
  { weight: 4, arbitrary: request('FROMMEMBER', point) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Words>(
      [],
      ['FROMMEMBER'],
      ['FROMLONLAT', '1'],
      ['FROMMEMBER', 'p1', 'FROMMEMBER', 'p2'],
    ),
  },
);
const by = fc.oneof(
  { weight: 4, arbitrary: request('BYRADIUS', length, unit) },
  { weight: 4, arbitrary: request('BYBOX', length, length, unit) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Words>(
      [],
      ['BYRADIUS', '1'],
      ['BYBOX', '1', '2'],
      ['BYRADIUS', '1', 'km', 'BYBOX', '1', '1', 'km'],
    ),
  },
);
const searchOption = fc.oneof(
  { weight: 5, arbitrary: flags('WITHCOORD', 'WITHDIST', 'WITHHASH') },
  { weight: 4, arbitrary: flags('ASC', 'DESC') },
  { weight: 2, arbitrary: request('COUNT', count) },
  { weight: 1, arbitrary: request('COUNT', count, 'ANY') },
  { weight: 1, arbitrary: fc.constantFrom<Words>(['ANY'], ['COUNT'], ['junk']) },
);
const storeOption = fc.oneof(
  { weight: 3, arbitrary: flags('ASC', 'DESC') },
  { weight: 2, arbitrary: request('COUNT', count) },
  { weight: 2, arbitrary: flags('STOREDIST') },
  { weight: 1, arbitrary: flags('WITHDIST', 'WITHCOORD') },
);
const radiusOption = fc.oneof(
  { weight: 8, arbitrary: searchOption },
  { weight: 1, arbitrary: request('STORE', key) },
  { weight: 1, arbitrary: request('STOREDIST', key) },
  { weight: 1, arbitrary: fc.constantFrom<Words>(['STORE'], ['STOREDIST']) },
);
const joined = (...parts: fc.Arbitrary<Words>[]) => fc.tuple(...parts).map((all): Words => all.flat());

export const GEO_REQUESTS: readonly Weighted[] = [
  ...genericRequests(GEO_KEYS, 'zset'),
  { weight: 20, arbitrary: added(placed, 4) },
  { weight: 3, arbitrary: added(fc.oneof(placed, misplaced), 3) },
  { weight: 16, arbitrary: everybody },
  { weight: 1, arbitrary: request('GEOADD', key, '13', '38') },
  { weight: 6, arbitrary: withRun('GEOPOS', key, fc.tuple(point)) },
  { weight: 1, arbitrary: request('GEOPOS', key) },
  { weight: 6, arbitrary: withRun('GEOHASH', key, fc.tuple(point)) },
  { weight: 1, arbitrary: request('GEOHASH', key) },
  { weight: 5, arbitrary: request('GEODIST', key, point, point) },
  { weight: 8, arbitrary: request('GEODIST', key, point, point, unit) },
  { weight: 1, arbitrary: request('GEODIST', key, point, point, 'km', 'x') },
  { weight: 20, arbitrary: withOptions(joined(request('GEOSEARCH', key), from, by), searchOption, 4) },
  { weight: 3, arbitrary: withOptions(joined(request('GEOSEARCH', key), by, from), searchOption, 4) },
  { weight: 12, arbitrary: withOptions(joined(request('GEOSEARCHSTORE', key, key), from, by), storeOption) },
  {
    weight: 8,
    arbitrary: withOptions(joined(request('GEORADIUS', key), center, fc.tuple(length, unit)), radiusOption),
  },
  { weight: 8, arbitrary: withOptions(request('GEORADIUSBYMEMBER', key, point, length, unit), radiusOption) },
  {
    weight: 4,
    arbitrary: withOptions(
      joined(request('GEORADIUS_RO', key), center, fc.tuple(length, unit)),
      radiusOption,
    ),
  },
  {
    weight: 4,
    arbitrary: withOptions(request('GEORADIUSBYMEMBER_RO', key, point, length, unit), radiusOption),
  },
  { weight: 4, arbitrary: request('ZRANGE', key, '0', '-1', 'WITHSCORES') },
  { weight: 4, arbitrary: request('ZSCORE', key, point) },
  { weight: 4, arbitrary: withRun('ZREM', key, fc.tuple(point)) },
];
