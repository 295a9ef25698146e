/**
 * Random requests on HyperLogLogs, among them values that no server has made.
 *
 * They have keys of their own beside everybody's, so that some grow until they are dense. The values are read back by GET: two
 * servers agree when the bytes do.
 */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { key, lifetime, listRequest, request, type Weighted, word } from '../parts.js';

const REGISTER_COUNT = 16384;
const DENSE_BYTES = 12288;
const ZERO_RUN_MAX = 64;
const XZERO = 0x40;

const hyperloglog = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('hll:1', 'hll:2', 'hll:3', 'hll:4') },
  { weight: 1, arbitrary: key },
);
const element = fc.oneof(
  fc.nat(3000).map((number) => `element:${number}`),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
/** Enough elements for a sparse value to become dense after a few requests. */
const manyElements = fc
  .tuple(fc.nat(100_000), fc.integer({ min: 17, max: 500 }))
  .map(([from, count]) => Array.from({ length: count }, (_, i) => `many:${from + i}`));

/** Opcodes for all registers and no more. */
const opcodes = fc
  .array(fc.tuple(fc.constantFrom('zero', 'xzero', 'value'), fc.nat(), fc.nat(31)), { maxLength: 60 })
  .map((runs) => {
    const bytes: number[] = [];
    let left = REGISTER_COUNT;
    const add = (kind: string, wanted: number, value: number) => {
      const longest = kind === 'zero' ? ZERO_RUN_MAX : kind === 'value' ? 4 : left;
      const run = Math.min((wanted % longest) + 1, left);
      if (kind === 'zero') bytes.push(run - 1);
      else if (kind === 'value') bytes.push(0x80 | (value << 2) | (run - 1));
      else bytes.push(XZERO | ((run - 1) >> 8), (run - 1) & 0xff);
      left -= run;
    };
    for (const [kind, run, value] of runs) if (left > 0) add(kind, run, value);
    if (left > 0) add('xzero', left - 1, 0);
    return bytes;
  });

/** Opcodes with a few bytes put in, left out or replaced. */
const brokenOpcodes = fc
  .tuple(opcodes, fc.array(fc.tuple(fc.nat(), fc.nat(1), fc.nat(255)), { minLength: 1, maxLength: 3 }))
  .map(([bytes, changes]) => {
    for (const [at, removed, byte] of changes) bytes.splice(at % (bytes.length + 1), removed, byte);
    return endsInside(bytes) ? [...bytes, 0] : bytes;
  });

/** True when the second byte of the last XZERO is missing: Redis changes what it has in memory behind such a value. */
function endsInside(bytes: readonly number[]): boolean {
  let at = 0;
  while (at < bytes.length) at += ((bytes[at] as number) & 0xc0) === XZERO ? 2 : 1;
  return at > bytes.length;
}

const registers = fc
  .uint8Array({ minLength: 1, maxLength: 30 })
  .map((bytes) => Array.from({ length: DENSE_BYTES }, (_, i) => bytes[i % bytes.length] as number));

const cardinality = fc.oneof(
  { weight: 3, arbitrary: fc.constant([0, 0, 0, 0, 0, 0, 0, 0x80]) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => [...bytes]) },
);
const value = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constant(1), opcodes),
      fc.tuple(fc.constant(1), brokenOpcodes),
      fc.tuple(fc.constant(0), registers),
      fc.tuple(fc.nat(3), brokenOpcodes),
    ),
    fc.constantFrom([0, 0, 0], [1, 2, 3]),
    cardinality,
  )
  .map(([[encoding, body], unused, cached]) =>
    Buffer.from([0x48, 0x59, 0x4c, 0x4c, encoding, ...unused, ...cached, ...body]).toString('latin1'),
  );

const debug = fc
  .tuple(fc.constantFrom('GETREG', 'DECODE', 'decode', 'ENCODING', 'TODENSE', 'junk'), hyperloglog)
  .map(([subcommand, k]): Words => ['PFDEBUG', subcommand, k]);

export const HYPERLOGLOG_REQUESTS: readonly Weighted[] = [
  {
    weight: 6,
    arbitrary: fc
      .tuple(word('PFADD'), hyperloglog, fc.array(element, { maxLength: 20 }))
      .map(([name, k, elements]): Words => [name, k, ...elements]),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(hyperloglog, manyElements).map(([k, elements]): Words => ['PFADD', k, ...elements]),
  },
  { weight: 5, arbitrary: request('PFCOUNT', hyperloglog) },
  { weight: 2, arbitrary: listRequest('PFCOUNT', hyperloglog, 2, 4) },
  { weight: 2, arbitrary: listRequest('PFMERGE', hyperloglog, 1, 4) },
  { weight: 1, arbitrary: debug },
  { weight: 8, arbitrary: request('GET', hyperloglog) },
  { weight: 2, arbitrary: request('SET', hyperloglog, value) },
  { weight: 1, arbitrary: request('EXPIRE', hyperloglog, lifetime(10_000, 9_999_999)) },
  { weight: 1, arbitrary: request('DEL', hyperloglog) },
];
