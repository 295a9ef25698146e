/** Random requests about DUMP and RESTORE. */

import fc from 'fast-check';
import { key, milliseconds, request, type Weighted } from '../parts.js';

const PAYLOADS = [
  '\x00\x03abc\x0a\x00\xd9\xac0=Ar\xa2\xe2',
  '\x00\xc0\x07\x0a\x00t\xcdH\xa2\x83\xab\xce\x92',
  '\x00\xc1\x7f\xff\x0a\x00\x17\x60\x82\x28\x54\x80\x84\x80',
  '\x00\x03abd\x0a\x00\xd9\xac0=Ar\xa2\xe2',
  'junk',
];
const payload = fc.constantFrom(...PAYLOADS);
const ttl = fc.oneof({ weight: 2, arbitrary: fc.constant('0') }, { weight: 1, arbitrary: milliseconds });

export const DUMP_REQUESTS: readonly Weighted[] = [
  { weight: 4, arbitrary: request('DUMP', key) },
  { weight: 2, arbitrary: request('RESTORE', key, ttl, payload) },
  { weight: 2, arbitrary: request('RESTORE', key, ttl, payload, 'REPLACE') },
];
