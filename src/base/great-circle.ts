/**
 * Distances on the earth, taken as a sphere: the haversine formula, with the radius and in the order of operations of Redis 7.0.
 *
 * Sines and cosines are JavaScript's. They differ from those of the C library in the last bit now and then, and so do distances,
 * by some 10^-9 m.
 *
 * Source: https://en.wikipedia.org/wiki/Haversine_formula
 */

/** The radius of a sphere that stands for WGS 84, in metres. */
const EARTH_RADIUS_M = 6372797.560856;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** The angle, in degrees, of an arc of so many metres on the parallel of a latitude; on a meridian it is that of latitude 0. */
export function degreesOfArc(metres: number, latitude: number): number {
  return metres / EARTH_RADIUS_M / Math.cos(radians(latitude)) / RADIANS_PER_DEGREE;
}

/** Metres between two places, which are given in degrees. */
export function distance(
  longitude1: number,
  latitude1: number,
  longitude2: number,
  latitude2: number,
): number {
  const from = radians(latitude1);
  const to = radians(latitude2);
  const u = Math.sin((to - from) / 2);
  const v = Math.sin((radians(longitude2) - radians(longitude1)) / 2);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(u * u + Math.cos(from) * Math.cos(to) * v * v));
}

function radians(degrees: number): number {
  return degrees * RADIANS_PER_DEGREE;
}
